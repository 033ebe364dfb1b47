"""Statements that arrive together in, one transaction around them out, as PostgreSQL does."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from local.warehouse.outcome import Outcome
from local.warehouse.session import Session

_BEGIN: Final = frozenset({"BEGIN", "START"})
_END: Final = frozenset({"COMMIT", "END", "ROLLBACK", "ABORT"})
_SPACE: Final = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z]*")


class ImplicitTransaction:
    """The transaction that begins by itself where several statements come before the next end.

    A client that sends BEGIN inside makes it its own; COMMIT or ROLLBACK inside end it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.open = False

    def execute(self, sql: str, values: Sequence[object] = (), *, alone: bool) -> Outcome:
        """Run a statement; `alone`: no other one shares its fate, it needs nothing around it."""
        word = leading_word(sql)
        if word in _BEGIN and self.open:
            self.open = False
            return Outcome("BEGIN", None, _no_rows())
        if not (alone or word in _BEGIN | _END) and self._session.status == "I":
            self._session.execute("begin")
            self.open = True
        outcome = self._session.execute(sql, values)
        if word in _END:
            self.open = False
        return outcome

    def end(self) -> None:
        """Commit what is open; raise WarehouseError when that fails."""
        if self.open:
            self.open = False
            self._session.execute("rollback" if self._session.status == "E" else "commit")

    def abort(self) -> None:
        """Roll back what is open, because a statement of it failed."""
        if self.open:
            self.open = False
            self._session.execute("rollback")


def leading_word(sql: str) -> str:
    """Return a statement's first word in capitals; comments are passed over."""
    start = _SPACE.match(sql)
    assert start is not None, "it matches nothing at all, too"
    word = _WORD.match(sql, start.end())
    assert word is not None, "as above"
    return word.group().upper()


def _no_rows() -> Iterator[Sequence[object]]:
    return iter(())
