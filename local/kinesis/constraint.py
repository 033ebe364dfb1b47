"""A request in, AWS's list of the constraints that it breaks out, by botocore's own API model."""

import datetime
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

from botocore.loaders import Loader

from local.aws_error import AwsError, validation_error
from local.kinesis.refusal import malformed, not_implemented

_LISTED_MAX: Final = 10  # AWS lists no more (A48)
# What the model leaves open since streams of the distribution strategy AUTO exist (A17).
_REQUIRED_TOO: Final = {
    "PutRecordInput": {"PartitionKey"},
    "PutRecordsRequestEntry": {"PartitionKey"},
}
# Members, or all but these of their values, that the engine does not act on.
_NOT_ACTED_ON: Final[Mapping[str, tuple[object, ...]]] = {
    "DryRun": (False,),
    "StreamId": (),
    "Tags": (),
    "WarmThroughputMiBps": (),
    "MaxRecordSizeInKiB": (1024,),
    "RecordDistributionStrategy": ("USER_PARTITION_KEY",),
    "StreamModeDetails": ({"StreamMode": "PROVISIONED"},),
}
_PYTHON_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "blob": (bytes, bytearray, memoryview),
    "timestamp": (datetime.datetime, int, float),
    "list": (list, tuple),
    "structure": (Mapping,),
    "map": (Mapping,),
}


def check(operation: str, request: Mapping[str, Any]) -> None:
    """Raise AwsError: ValidationException as in clause A48, or a refusal by name."""
    model = _model()
    shape_name = model["operations"][operation]["input"]["shape"]
    for member, value in request.items():
        known = member in model["shapes"][shape_name]["members"]
        if not known or value not in _NOT_ACTED_ON.get(member, (value,)):
            raise not_implemented(f"{operation}.{member}")
    broken = list(islice(_broken(shape_name, request, ""), _LISTED_MAX))
    if broken:
        raise violation(*broken)


def violation(*broken: str) -> AwsError:
    plural = "s" if len(broken) > 1 else ""
    listed = "; ".join(broken)
    return validation_error(f"{len(broken)} validation error{plural} detected: {listed}")


def broken_rule(path: str, value: object, rule: str) -> str:
    """Return one line of AWS's list."""
    shown = "null" if value is None else f"'{_shown(value)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: Member must {rule}"


def _broken(shape_name: str, value: Any, path: str) -> Iterator[str]:
    shape = _model()["shapes"][shape_name]
    _check_type(shape["type"], value)
    if "enum" in shape and value not in shape["enum"]:
        words = ", ".join(shape["enum"])
        yield broken_rule(path, value, f"satisfy enum value set: [{words}]")
    pattern = shape.get("pattern")
    if pattern is not None and not re.fullmatch(pattern, value, re.ASCII):
        plain = pattern.removeprefix("^(").removesuffix(")$")
        yield broken_rule(path, value, f"satisfy regular expression pattern: {plain}")
    size, what = (value, "value") if shape["type"] == "integer" else (_length(value), "length")
    if size < shape.get("min", size):
        yield broken_rule(path, value, f"have {what} greater than or equal to {shape['min']}")
    if size > shape.get("max", size):
        yield broken_rule(path, value, f"have {what} less than or equal to {shape['max']}")
    if shape["type"] == "list":
        for number, member in enumerate(value, 1):
            yield from _broken(shape["member"]["shape"], member, f"{path}.{number}.member")
    if shape["type"] == "structure":
        yield from _broken_members(shape_name, value, path)


def _broken_members(shape_name: str, value: Mapping[str, Any], path: str) -> Iterator[str]:
    shape = _model()["shapes"][shape_name]
    required = {*shape.get("required", ()), *_REQUIRED_TOO.get(shape_name, ())}
    for name, member in shape["members"].items():
        member_path = f"{path}.{name[0].lower()}{name[1:]}".removeprefix(".")
        if value.get(name) is not None:
            yield from _broken(member["shape"], value[name], member_path)
        elif name in required:
            yield broken_rule(member_path, None, "not be null")


def _check_type(kind: str, value: object) -> None:
    wrong_bool = isinstance(value, bool) and kind != "boolean"
    if wrong_bool or not isinstance(value, _PYTHON_TYPES[kind]):
        raise malformed(f"class {type(value).__name__} can not be converted to a {kind}")


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | bytes | bytearray | list | tuple) else 0


def _shown(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, list | tuple):
        return f"[{len(value)} members]"
    return str(value)


@cache
def _model() -> Any:
    return Loader().load_service_model("kinesis", "service-2")
