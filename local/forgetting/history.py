"""A warehouse and a person in, the rows that name the person counted, and put under a pseudonym."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from core.query_value import QueryValue, text_value
from core.question import SQL_FOLDER, read_question
from core.sql_text import statements_of
from core.statement import prepare
from core.warehouse import WarehouseClient
from local.forgetting.limits import LINES_AT_ONCE, PARKED_PAGE_ROWS
from local.forgetting.rewriter import Person, Rewriter
from processors.data_api import DataApi
from processors.load_sql import literal

FILE: Final = SQL_FOLDER / "upkeep" / "forget_device.sql"
TABLES: Final = ("votes", "duplicate_votes", "parked_votes", "landing")
TIMEOUT_S: Final = 3_600.0  # an UPDATE of a large table; a load waits for it
_MS: Final = "DATEDIFF(ms, CAST('1970-01-01 00:00:00' AS TIMESTAMP), {})"
_WANTED: Final = "device_id = :device AND (:poll IS NULL OR poll = :poll{})"
_PARKED: Final = (
    "SELECT line_id, raw FROM parked_votes WHERE device_id IS NULL AND raw IS NOT NULL "
    "AND line_id > :after ORDER BY line_id"
)

Transact = Callable[[Sequence[str], Mapping[str, QueryValue]], None]


class Arrivals(NamedTuple):
    """How many rows a table has of a person, and when the first and the last arrived (ms)."""

    rows: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class DeviceHistory:
    """What the warehouse has of a person; `transact` runs statements all together or not at all."""

    client: WarehouseClient
    transact: Transact
    person: Person

    def arrivals(self) -> dict[str, Arrivals]:
        """Return what each table has, without those that have nothing."""
        found: dict[str, Arrivals] = {}
        for table in TABLES:
            where = _WANTED.format(" OR poll = '-'" if table == "parked_votes" else "")
            ends = f"{_MS.format('MIN(arrived_at)')}, {_MS.format('MAX(arrived_at)')}"
            sql = f"SELECT COUNT(*), {ends} FROM {table} WHERE {where}"  # noqa: S608 - our own text
            ((rows, first, last),) = self.client.query(sql, self._person(), timeout_s=600).rows
            if rows:
                found[table] = Arrivals(*(int(str(each)) for each in (rows, first, last)))
        return found

    def unnamed_lines(self) -> Iterator[str]:
        """Yield parked lines that are no votes, and have the device in their text (line_id)."""
        after = ""
        while True:
            page = self.client.query(
                _PARKED, {"after": text_value(after)}, rows_max=PARKED_PAGE_ROWS, timeout_s=600
            )
            for line_id, raw in page.rows:
                rewriter = Rewriter(self.person)
                row = msgspec.json.encode({"raw": str(raw)})
                if rewriter.rows(row) != row:
                    yield str(line_id)
            if not page.truncated:
                return
            after = str(page.rows[-1][0])

    def forget(self, lines: Sequence[str]) -> None:
        """Put the pseudonym into every table, in one transaction; lose the text of `lines`."""
        question = read_question(FILE)
        for first in range(0, max(1, len(lines)), LINES_AT_ONCE):
            given = {
                "device": self.person.device,
                "pseudonym": self.person.pseudonym,
                "poll": self.person.poll,
                "lines": lines[first : first + LINES_AT_ONCE],
            }
            self.transact(statements_of(question.sql), question.bind(given, now_ms=0))

    def _person(self) -> dict[str, QueryValue]:
        given = {"device": self.person.device, "pseudonym": "-", "poll": self.person.poll}
        bound = read_question(FILE).bind(given, now_ms=0)
        return {name: bound[name] for name in ("device", "poll")}


def by_connection(client: WarehouseClient) -> Transact:
    """Return how a connection runs a transaction: what fails in it lets go of the connection."""

    def transact(statements: Sequence[str], params: Mapping[str, QueryValue]) -> None:
        for statement in statements:
            client.query(statement, params, timeout_s=TIMEOUT_S, write=True)

    return transact


def by_data_api(api: DataApi) -> Transact:
    """Return how the Data API does: a batch is a transaction and takes no parameters (E13)."""

    def transact(statements: Sequence[str], params: Mapping[str, QueryValue]) -> None:
        batch = [as_text(each, params) for each in statements if each not in ("BEGIN", "COMMIT")]
        api.run(batch, name="forget-device")

    return transact


def as_text(statement: str, params: Mapping[str, QueryValue]) -> str:
    """Return a statement with its values written into it as literals."""
    values = prepare(
        statement, params, placeholder=lambda number: "", rows_max=1, write=True
    ).values
    return prepare(
        statement,
        params,
        placeholder=lambda number: literal(values[number - 1]),
        rows_max=1,
        write=True,
    ).sql
