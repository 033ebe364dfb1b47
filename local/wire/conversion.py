"""A decoded JSON or CBOR value and its shape in, boto3's Python value out, or a refusal.

Only types are judged here (AWS: SerializationException); lengths and patterns come after.
Members that the shape does not have, and nulls, count as absent, as on AWS.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.model import Shape

from local.aws_error import AwsError
from local.wire.limits import NESTING_MAX

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EpochMs(int):
    """A CBOR timestamp: AWS writes milliseconds where the standard has seconds."""


def serialization_error(message: str) -> AwsError:
    """Return AWS's answer to a body that does not fit the API's types."""
    return AwsError("SerializationException", message)


def convert(value: Any, shape: Shape, depth: int = 0) -> Any:
    """Return `value` with blobs as bytes and timestamps as datetimes; AwsError when it misfits."""
    if depth > NESTING_MAX:
        raise serialization_error("The request is nested too deeply")
    kind = shape.type_name
    if kind == "structure":
        members = _expected(value, dict, "structure")
        return {
            name: convert(member, shape.members[name], depth + 1)
            for name, member in members.items()
            if name in shape.members and member is not None
        }
    if kind == "list":
        return [convert(item, shape.member, depth + 1) for item in _expected(value, list, "list")]
    if kind == "map":
        entries = _expected(value, dict, "map")
        return {
            convert(key, shape.key, depth + 1): convert(item, shape.value, depth + 1)
            for key, item in entries.items()
        }
    return _SCALARS[kind](value)


def _expected(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise serialization_error(f"{_token(value)} can not be converted to a {name}")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise serialization_error(f"{_token(value)} can not be converted to String")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise serialization_error(f"{_token(value)} can not be converted to Boolean")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise serialization_error(f"{_token(value)} can not be converted to Integer")
    return value


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise serialization_error(f"{_token(value)} can not be converted to Double")
    return float(value)


def _blob(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise serialization_error("The base64 text of a blob is not valid") from None
    raise serialization_error(f"{_token(value)} can not be converted to a ByteBuffer")


def _timestamp(value: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise serialization_error(f"{_token(value)} can not be converted to a timestamp")
    ms = int(value) if isinstance(value, EpochMs) else value * 1000
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except (OverflowError, ValueError):
        raise serialization_error("The timestamp is out of range") from None


def _token(value: Any) -> str:
    """Return how AWS's parser calls what it met."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, (int, float)):
        return "NUMBER_VALUE"
    if isinstance(value, (str, bytes)):
        return "STRING_VALUE"
    if value is None:
        return "NULL_VALUE"
    return "START_ARRAY" if isinstance(value, list) else "START_OBJECT"


_SCALARS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _string,
    "character": _string,
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "blob": _blob,
    "timestamp": _timestamp,
}
