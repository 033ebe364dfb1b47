"""An item and a document path in, the attribute there out; also placing and removing one.

A path is a tuple: attribute and map names as text, list positions as integers. Before it is
resolved a name may still be a placeholder such as `#n`.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from core.item import Attribute, Item
from local.aws_error import AwsError, validation_error

Path: TypeAlias = tuple[str | int, ...]


def resolve(path: Path, names: Mapping[str, str]) -> Path:
    """Return the path with its placeholders replaced."""
    if len(path) == 1:
        first = path[0]
        return (names.get(first, first),) if isinstance(first, str) else path
    return tuple(names.get(part, part) if isinstance(part, str) else part for part in path)


def head(path: Path) -> str:
    """Return the attribute name that a resolved path begins with."""
    first = path[0]
    assert isinstance(first, str), "the grammar begins a path with a name"
    return first


def find(item: Item, path: Path) -> Attribute | None:
    """Return the attribute at a resolved path, None when there is none."""
    node: Attribute | None = item.get(head(path))
    for part in path[1:]:
        if node is None:
            return None
        if isinstance(part, int):
            members = node.get("L")
            node = members[part] if members is not None and part < len(members) else None
        else:
            node = node.get("M", {}).get(part)
    return node


def _invalid_path() -> AwsError:
    return validation_error(
        "The document path provided in the update expression is invalid for update"
    )


def place(item: Item, path: Path, attribute: Attribute) -> None:
    """Put an attribute at a resolved path of `item`; containers on the way are copied.

    A position beyond a list's end appends. Raises AwsError ValidationException when the path's
    parent is not there or is of another type.
    """
    parent = _open_parent(item, path)
    last = path[-1]
    if isinstance(parent, dict) and isinstance(last, str):
        parent[last] = attribute
    elif isinstance(parent, list) and isinstance(last, int):
        parent[last : last + 1] = [attribute]
    else:
        raise _invalid_path()


def remove(item: Item, path: Path) -> None:
    """Take the attribute at a resolved path out of `item`, if it is there; see `place`."""
    parent = _open_parent(item, path)
    last = path[-1]
    if isinstance(parent, dict) and isinstance(last, str):
        parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int):
        del parent[last : last + 1]
    else:
        raise _invalid_path()


def _open_parent(item: Item, path: Path) -> dict[str, Attribute] | list[Attribute]:
    """Return the container of the path's last part, copied with all those above it."""
    container: dict[str, Attribute] | list[Attribute] = item
    for part in path[:-1]:
        node = _member(container, part)
        if "M" in node:
            opened: dict[str, Attribute] | list[Attribute] = dict(node["M"])
            copied: Attribute = {"M": opened}
        elif "L" in node:
            opened = list(node["L"])
            copied = {"L": opened}
        else:
            raise _invalid_path()
        container[part] = copied  # type: ignore[index]  # a map or a list by now
        container = opened
    return container


def _member(container: dict[str, Attribute] | list[Attribute], part: str | int) -> Attribute:
    if isinstance(container, dict) and isinstance(part, str) and part in container:
        return container[part]
    if isinstance(container, list) and isinstance(part, int) and part < len(container):
        return container[part]
    raise _invalid_path()


def clash(paths: Sequence[Path]) -> tuple[str, Path, Path] | None:
    """Return how two resolved paths of one expression exclude each other, None when none do.

    "overlap": one leads through the other. "conflict": they treat one place as a list and a map.
    """
    if all(len(path) == 1 for path in paths) and len(set(paths)) == len(paths):
        return None
    for index, left in enumerate(paths):
        for right in paths[index + 1 :]:
            shared = min(len(left), len(right))
            fork = next((at for at in range(shared) if left[at] != right[at]), shared)
            if fork == shared:
                return "overlap", left, right
            if type(left[fork]) is not type(right[fork]):
                return "conflict", left, right
    return None


def spelled(path: Path) -> str:
    """Return a path as DynamoDB's messages show it, such as `[a, [0], b]`."""
    parts = (f"[{part}]" if isinstance(part, int) else part for part in path)
    return f"[{', '.join(parts)}]"
