"""Entries that were recovered in, marks beside the lake out, which say so for ever.

Marks only grow: each lies in an object of its own, `recovered/<key of the entry's object>/<when>`,
so two commands at once lose none of each other's.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from local.lake_objects import objects_after, read_objects
from local.recovery.entry import Recovered

PREFIX: Final = "recovered/"


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    v: int = 1
    key: str
    recovered: list[Recovered]


_decoder = msgspec.json.Decoder(_Mark)


class Marks:
    """The marks of one bucket."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, prefix: str) -> Mapping[str, Mapping[int, Recovered]]:
        """Return what is recovered of the objects below a prefix: key -> number -> how, first."""
        found: dict[str, dict[int, Recovered]] = {}
        listed = objects_after(self._client, self._bucket, PREFIX + prefix)
        for _, body in read_objects(self._client, self._bucket, (each.key for each in listed)):
            mark = _decoder.decode(body)
            for recovered in mark.recovered:
                known = found.setdefault(mark.key, {})
                if recovered.at_ms <= known.get(recovered.number, recovered).at_ms:
                    known[recovered.number] = recovered
        return found

    def write(self, key: str, recovered: Sequence[Recovered], name: str) -> None:
        """Say that entries of an object are recovered; `name` is new each time."""
        body = msgspec.json.encode(_Mark(key=key, recovered=list(recovered)))
        self._client.put_object(Bucket=self._bucket, Key=f"{PREFIX}{key}/{name}.json", Body=body)


def by_key(done: Iterable[tuple[str, Recovered]]) -> dict[str, list[Recovered]]:
    """Return marks grouped by their object."""
    groups: dict[str, list[Recovered]] = {}
    for key, recovered in done:
        groups.setdefault(key, []).append(recovered)
    return groups
