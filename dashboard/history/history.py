"""What an address asks in, the bytes that answer it out: the History page's one way in.

Everything here runs on the event loop; what blocks (asking, encoding) runs at the desk.
"""

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.clock import Clock
from core.errors import ParameterRefused, QueryCancelled
from core.query_value import QueryValue
from core.question import Question
from core.vote import POLL_PATTERN
from core.warehouse import Result, WarehouseClient
from dashboard.history.answer import answer_json
from dashboard.history.asked import Asked, read_asked
from dashboard.history.cache import Cache
from dashboard.history.context import read_context, read_reach
from dashboard.history.csv_file import file_name
from dashboard.history.desk import Desk, Work
from dashboard.history.limits import CACHE_MS, CONTEXT_MS, EXPORT_ROWS_MAX, ROWS_MAX, TIMEOUT_S
from dashboard.history.refusal import HistoryOff, QueryTimedOut

# In this order, the first one first; others follow by name.
_ORDER: Final = (
    "votes_by_hour",
    "votes_by_minute",
    "votes_by_day",
    "votes_by_colour",
    "share_over_time",
    "swing",
    "turnout_by_region",
    "device_leader_board",
    "late_votes",
    "latency_by_hour",
    "duplicates_found",
    "parked_by_reason",
)

Items = Sequence[tuple[str, str]]


class History:
    """Questions, asked by a page or by anybody; `desk` None: there is no warehouse."""

    def __init__(
        self, desk: Desk | None, *, questions: Mapping[str, Question], clock: Clock
    ) -> None:
        self._desk = desk
        self._questions = questions
        self._clock = clock
        self._cache = Cache(clock)

    def questions(self) -> dict[str, Any]:
        """Return `/api/history/questions`."""
        return {
            "warehouse": self._desk is not None,
            "rows_max": ROWS_MAX,
            "export_rows_max": EXPORT_ROWS_MAX,
            "timeout_s": self._desk.timeout_s if self._desk else TIMEOUT_S,
            "questions": sorted(self._questions.values(), key=_place),
        }

    async def context(self, poll: str, *, run: str = "") -> bytes:
        """Return `/api/history/context`; raise ParameterRefused for what is no poll's name."""
        if not POLL_PATTERN.fullmatch(poll):
            raise ParameterRefused("reading poll: a name is 1 to 64 of a-z, 0-9 and -")

        def work(client: WarehouseClient) -> bytes:
            body = read_context(client, poll, timeout_s=self._timeout_s)
            return msgspec.json.encode(body | {"server_now": self._clock.now_ms()})

        return await self._kept(("context", poll), work, for_ms=CONTEXT_MS, run=run)

    async def answer(self, items: Items, *, run: str = "") -> bytes:
        """Return `/api/history/query`; raise what is wrong with the words, or with the answer."""
        asked = read_asked(items, self._questions)
        values = self._bound(asked)
        now_ms = self._clock.now_ms()

        def work(client: WarehouseClient) -> bytes:
            reach = read_reach(client, timeout_s=self._timeout_s)  # first: never too far
            result = self._query(client, asked, values, rows_max=ROWS_MAX)
            return answer_json(asked.question, values, result, reach=reach, asked_ms=now_ms)

        return await self._kept(("answer", asked.key), work, for_ms=CACHE_MS, run=run)

    async def export(self, items: Items, *, run: str = "") -> tuple[str, Result]:
        """Return the file's name and the rows of `/api/export`."""
        asked = read_asked(items, self._questions)
        values = self._bound(asked)
        work = functools.partial(self._query, asked=asked, values=values, rows_max=EXPORT_ROWS_MAX)
        result = await self._open_desk().ask(work, run=run)
        poll = "".join(values["poll"].texts) if "poll" in values else ""
        day = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).date().isoformat()
        return file_name(asked.question.name, poll, result, day=day), result

    def stop(self, run: str) -> None:
        """Stop a run at the warehouse; raise RunUnknown."""
        self._open_desk().stop(run)

    async def close(self) -> None:
        if self._desk:
            await self._desk.close()

    @property
    def _timeout_s(self) -> float:
        return self._open_desk().timeout_s

    def _open_desk(self) -> Desk:
        if self._desk is None:
            raise HistoryOff("asking the warehouse: none is set up")
        return self._desk

    def _bound(self, asked: Asked) -> dict[str, QueryValue]:
        return asked.question.bind(asked.given, now_ms=self._clock.now_ms())

    def _query(
        self,
        client: WarehouseClient,
        asked: Asked,
        values: Mapping[str, QueryValue],
        *,
        rows_max: int,
    ) -> Result:
        try:
            return client.query(
                asked.question.sql, values, rows_max=rows_max, timeout_s=self._timeout_s
            )
        except QueryCancelled as error:
            limit = f"asking the warehouse: cut off after {self._timeout_s:g} s"
            raise QueryTimedOut(f"{limit} ({error})") from error

    async def _kept(
        self, key: tuple[object, ...], work: Work[bytes], *, for_ms: int, run: str
    ) -> bytes:
        if kept := self._cache.get(key):
            return kept

        def keep(client: WarehouseClient) -> bytes:
            if kept := self._cache.get(key):
                return kept  # while this waited for its turn, another asked the same
            body = work(client)
            self._cache.put(key, body, for_ms=for_ms)
            return body

        return await self._open_desk().ask(keep, run=run)


def _place(question: Question) -> tuple[int, str]:
    known = question.name in _ORDER
    return (_ORDER.index(question.name) if known else len(_ORDER), question.name)
