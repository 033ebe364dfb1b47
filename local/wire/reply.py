"""A reply dict and its shape in, the same with timestamps as the wire writes them out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.model import Shape

Writer = Callable[[Any, Callable[[datetime], Any]], Any]


def reply_writer(shape: Shape | None) -> Writer:
    """Return a function (reply, timestamp) that walks only where the shape has timestamps."""
    return (_writer(shape, ()) if shape is not None else None) or _as_is


def _as_is(value: Any, _timestamp: Callable[[datetime], Any]) -> Any:
    return value


def _writer(shape: Shape, above: tuple[str, ...]) -> Writer | None:
    if shape.type_name == "timestamp":
        return lambda value, timestamp: timestamp(value) if isinstance(value, datetime) else value
    if shape.name in above:
        return None
    inside = (*above, shape.name)
    if shape.type_name == "structure":
        return _structure_writer(shape, inside)
    if shape.type_name not in ("list", "map"):
        return None
    item = _writer(shape.member if shape.type_name == "list" else shape.value, inside)
    if item is None:
        return None
    if shape.type_name == "list":
        return lambda value, timestamp: [item(element, timestamp) for element in value]
    return lambda value, timestamp: {key: item(each, timestamp) for key, each in value.items()}


def _structure_writer(shape: Shape, inside: tuple[str, ...]) -> Writer | None:
    found = ((name, _writer(member, inside)) for name, member in shape.members.items())
    writers = [(name, writer) for name, writer in found if writer is not None]
    if not writers:
        return None

    def write(value: Any, timestamp: Callable[[datetime], Any]) -> Any:
        changed = dict(value)
        for name, writer in writers:
            if changed.get(name) is not None:
                changed[name] = writer(changed[name], timestamp)
        return changed

    return write
