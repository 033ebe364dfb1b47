"""Facts of one load in, the statements of its one transaction out, from the files of `sql/loads/`.

COPY and a batch of statements take no parameters, so values are written into the text, each as a
literal: nothing in them can end it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Final

from core.poll import PollRules
from processors.lake import LakeObject

LOADS: Final = Path(__file__).resolve().parent.parent / "sql" / "loads"
KNOWN_RULES: Final = "SELECT poll, version FROM polls"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULT_ROLE: Final = "default"  # the role that the namespace has: a keyword, not a text


def literal(value: str) -> str:
    """Return a text as an SQL literal; raise ValueError for one that no text column holds."""
    if "\0" in value:
        raise ValueError("writing a literal: NUL is no text")
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def moment(ms: int | None) -> str:
    """Return epoch milliseconds as a timestamp literal, exact to the millisecond."""
    if ms is None:
        return "CAST(NULL AS TIMESTAMP)"
    at = _EPOCH + timedelta(milliseconds=ms)
    return f"CAST('{at:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}' AS TIMESTAMP)"


def statements(name: str, **values: str) -> list[str]:
    """Return the statements of a file of `sql/loads/`, with its placeholders filled in."""
    text = Template((LOADS / f"{name}.sql").read_text()).substitute(values)
    return [statement for part in text.split(";\n") if (statement := _without_comments(part))]


def _without_comments(text: str) -> str:
    """Return a statement without its comment lines: they would count towards 100 kB."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join(lines).strip()


def copy_load(
    load_id: str, objects: Sequence[LakeObject], *, manifest: str, copy_role: str
) -> list[str]:
    """Return the transaction that copies objects of the lake and merges them."""
    role = copy_role if copy_role == _DEFAULT_ROLE else literal(copy_role)
    keys = ", ".join(literal(each.key) for each in objects)
    rows = ",\n".join(
        f"({literal(each.key)}, {literal(load_id)}, {each.bytes}, GETDATE())" for each in objects
    )
    return [
        *statements("begin", object_keys=keys),
        *statements("copy", manifest=manifest, copy_role=role),
        *statements("merge", load_id=load_id),
        *statements("manifest", objects=rows),
        *statements("end"),
    ]


def landing_load(load_id: str, *, known_until_ms: int) -> list[str]:
    """Return the transaction that merges what Firehose copied into the landing table.

    Rows that arrived after `known_until_ms` stay for the next load: the rules in hand do not reach
    them.
    """
    return [
        *statements("begin", object_keys="''"),
        *statements("take_landing", known_until=moment(known_until_ms)),
        *statements("merge", load_id=load_id),
        *statements("release_landing"),
        *statements("end"),
    ]


def loaded_since(key: str) -> str:
    """Return the query for the objects in the manifest whose keys are not before `key`."""
    return f"SELECT object_key FROM loaded_objects WHERE object_key >= {literal(key)}"  # noqa: S608 - our own text


def rules_batch(version: PollRules) -> list[str]:
    """Return the transaction that adds one version of a poll's rules, unless it is there."""
    poll = literal(version.poll)
    head = f"SELECT {poll} AS poll, {version.version} AS version"
    colours = "\nUNION ALL ".join(
        f"{head}, {place} AS place, {literal(colour)} AS colour"
        for place, colour in enumerate(version.palette)
    )
    times = (
        ("effective_at", version.effective_ms),
        ("opens_at", version.opens_ms),
        ("closes_at", version.closes_ms),
    )
    versions = ", ".join([head, *(f"{moment(ms)} AS {name}" for name, ms in times)])
    return statements("rules", colours=colours, versions=versions)


def missing_rules(rules: Iterable[PollRules], known: Iterable[tuple[str, int]]) -> list[PollRules]:
    """Return the versions that the warehouse does not know, oldest first."""
    there = set(known)
    return sorted(
        (each for each in rules if (each.poll, each.version) not in there),
        key=lambda each: (each.poll, each.version),
    )
