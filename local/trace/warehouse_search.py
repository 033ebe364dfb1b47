"""A warehouse and a vote's identity in, its rows, and the load that brought an object, out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from core.errors import CubeError
from core.keys import UNKNOWN_POLL
from core.vote import Identity
from core.warehouse import Value, WarehouseClient
from local.trace.find import LoadFind, Nowhere, Unknown, WarehouseRow
from local.trace.sighting import Place
from processors.load_sql import literal

_EPOCH: Final = "CAST('1970-01-01 00:00:00' AS TIMESTAMP)"
_PLACE: Final = "sequence_number, subsequence, line, producer, lane, number"
_TABLES: Final = {
    "votes": f"{_PLACE}, {{cast_ms}}, colour",
    "parked_votes": f"{_PLACE}, {{cast_ms}}, parked_reason",
    "duplicate_votes": "line_id",
}
ROWS_MAX: Final = 100  # of one identity: each line that says it again is one


class WarehouseSearch:
    """Asks a warehouse that `connect` reaches, or is told why it cannot."""

    def __init__(self, connect: Callable[[], WarehouseClient]) -> None:
        self._connect = connect
        self._client: WarehouseClient | None = None

    def rows_of(self, wanted: Identity) -> Sequence[WarehouseRow] | Unknown:
        """Return the rows of all three tables that have the identity."""
        try:
            return [row for table in _TABLES for row in self._rows(table, wanted)]
        except (CubeError, ValueError) as error:
            return Unknown(str(error))

    def load_of(self, key: str) -> LoadFind | Nowhere | Unknown:
        """Return which load merged an object."""
        sql = (
            f"SELECT load_id, {_ms('loaded_at')} FROM loaded_objects "  # noqa: S608 - our own text
            f"WHERE object_key = {literal(key)}"
        )
        try:
            rows = self._ask(sql)
        except CubeError as error:
            return Unknown(str(error))
        if not rows:
            return Nowhere("the manifest, loaded_objects")
        return LoadFind(str(rows[0][0]), int(str(rows[0][1])))

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _rows(self, table: str, wanted: Identity) -> Iterator[WarehouseRow]:
        columns = _TABLES[table].format(cast_ms=_ms("voted_at"))
        polls = literal(wanted.poll)
        if table == "parked_votes":  # a poll that did not exist has no name there
            polls += f", {literal(UNKNOWN_POLL)}"
        sql = (
            f"SELECT {_ms('arrived_at')}, {columns} FROM {table} "  # noqa: S608 - our own text
            f"WHERE poll IN ({polls}) AND device_id = {literal(wanted.device_id)} "
            f"AND seq = {wanted.seq} ORDER BY arrived_at"
        )
        for arrived, *rest in self._ask(sql):
            arrival_ms = int(str(arrived))
            if table == "duplicate_votes":
                yield WarehouseRow(table, None, arrival_ms, None, f"line {rest[0]!s}")
                continue
            *place, cast, word = rest
            cast_ms = None if cast is None else int(str(cast))
            yield WarehouseRow(table, _place(place, arrival_ms), arrival_ms, cast_ms, str(word))

    def _ask(self, sql: str) -> list[tuple[Value, ...]]:
        if self._client is None:
            self._client = self._connect()
        return self._client.query(sql, rows_max=ROWS_MAX).rows


def _ms(column: str) -> str:
    return f"DATEDIFF(ms, {_EPOCH}, {column})"


def _place(values: Sequence[Any], arrival_ms: int) -> Place:
    sequence_number, subsequence, line, producer, lane, number = values
    stamped = producer is not None and lane is not None and number is not None
    return Place(
        sequence_number=str(sequence_number),
        subsequence=int(subsequence),
        line=int(line),
        arrival_ms=arrival_ms,
        batch=(str(producer), int(lane), int(number)) if stamped else None,
    )
