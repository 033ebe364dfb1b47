"""Bodies in, parameters out; replies in, bodies out: AWS JSON and Kinesis' CBOR."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import cbor2
import msgspec

from local.wire.conversion import EpochMs, serialization_error

CBOR_TYPE: Final = "application/x-amz-cbor-1.1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_TAG: Final = 1


class Codec(Protocol):
    """One wire format."""

    content_type: str

    def decode(self, body: bytes) -> Any:
        """Return the body as plain values; AwsError SerializationException when it is garbage."""
        ...

    def decode_fast(self, body: bytes, kind: Any) -> Any:
        """Return the body as `kind`; msgspec.MsgspecError or ValueError when it does not fit."""
        ...

    def encode(self, value: Any) -> bytes: ...

    def timestamp(self, value: datetime) -> Any:
        """Return a timestamp as the format writes it."""
        ...


class JsonCodec:
    """AWS JSON 1.0 or 1.1: blobs in base64, timestamps as seconds."""

    def __init__(self, version: str) -> None:
        self.content_type = f"application/x-amz-json-{version}"

    def decode(self, body: bytes) -> Any:
        try:
            return msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise serialization_error("The body is not valid JSON") from None

    def decode_fast(self, body: bytes, kind: Any) -> Any:
        return msgspec.json.decode(body, type=kind)

    def encode(self, value: Any) -> bytes:
        return msgspec.json.encode(value)

    def timestamp(self, value: datetime) -> float:
        return epoch_ms(value) / 1000


class CborCodec:
    """What the Java SDK and the KCL speak: blobs as bytes, timestamps in tagged milliseconds."""

    content_type = CBOR_TYPE

    def decode(self, body: bytes) -> Any:
        try:
            return cbor2.loads(body, semantic_decoders=_TAGS)
        except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError, MemoryError):
            raise serialization_error("The body is not valid CBOR") from None

    def decode_fast(self, body: bytes, kind: Any) -> Any:
        return msgspec.convert(self.decode(body), kind, builtin_types=(bytes,))

    def encode(self, value: Any) -> bytes:
        return cbor2.dumps(value)

    def timestamp(self, value: datetime) -> Any:
        return cbor2.CBORTag(_EPOCH_TAG, epoch_ms(value))


def epoch_ms(value: datetime) -> int:
    """Return milliseconds since 1970; a datetime without a zone is taken as UTC."""
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def _epoch(value: Any, _immutable: bool) -> EpochMs:
    return EpochMs(value)


_TAGS: Final[Mapping[int, Callable[..., Any]]] = {_EPOCH_TAG: _epoch}
