"""An API's operation in, how its bodies become parameters and its replies bodies out."""

from typing import Any

import msgspec
from botocore.model import OperationModel

from local.wire.codec import Codec
from local.wire.constraint import constraint_error
from local.wire.conversion import convert, serialization_error
from local.wire.fast_type import fast_type
from local.wire.reply import reply_writer


class Operation:
    """One operation, prepared once."""

    def __init__(self, model: OperationModel) -> None:
        self.name: str = model.name
        self._input = model.input_shape
        self._fast_type = fast_type(model.input_shape)
        self._write = reply_writer(model.output_shape)

    def parameters(self, body: bytes, codec: Codec) -> dict[str, Any]:
        """Return boto3's keyword arguments; AwsError Serialization- or ValidationException."""
        if self._fast_type is not None:
            try:
                struct = codec.decode_fast(body, self._fast_type)
                # Unset members are left out; bytes stay bytes.
                return dict(msgspec.to_builtins(struct, builtin_types=(bytes,)))
            except (msgspec.MsgspecError, ValueError, RecursionError):
                pass  # the slow road finds AWS's words for it
        value = codec.decode(body) if body else {}
        if not isinstance(value, dict):
            raise serialization_error("Start of structure or map found where not expected.")
        if self._input is None:
            return {}
        params: dict[str, Any] = convert(value, self._input)
        if (refusal := constraint_error(params, self._input)) is not None:
            raise refusal
        return params

    def body(self, reply: dict[str, Any], codec: Codec) -> bytes:
        """Return the answer's body."""
        reply.pop("ResponseMetadata", None)
        return codec.encode(self._write(reply, codec.timestamp))
