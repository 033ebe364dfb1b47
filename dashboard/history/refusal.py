"""What the History page says no to, beyond what the warehouse does (core/errors.py)."""

from typing import Final

from core.errors import (
    CubeError,
    Misconfigured,
    ParameterRefused,
    QueryCancelled,
    QueryFailed,
    QueryRefused,
    WarehouseAway,
)


class HistoryOff(CubeError):
    """This dashboard was started without a warehouse."""

    code = "history_off"
    hint = "CUBE_WAREHOUSE_API, _HOST and _PORT say where the warehouse is."


class HistoryBusy(CubeError):
    """Too many questions at once, or too long a wait for a turn."""

    code = "history_busy"
    hint = "Try again in a few seconds."


class QuestionUnknown(CubeError):
    """No question of that name is in sql/questions/."""

    code = "question_unknown"
    hint = "/api/history/questions has their names."


class RunUnknown(CubeError):
    """Nothing of that name runs: it has ended, or never began."""

    code = "run_unknown"


class QueryStopped(CubeError):
    """Somebody pressed Cancel, or left the page."""

    code = "query_stopped"
    hint = "Run it again when you like."


class QueryTimedOut(CubeError):
    """A question took longer than the time limit."""

    code = "query_timed_out"
    hint = "Ask about less time, or use `cube query --timeout`."


_STATUS: Final[tuple[tuple[type[CubeError], int], ...]] = (
    (ParameterRefused, 400),
    (QueryRefused, 400),
    (QuestionUnknown, 404),
    (RunUnknown, 404),
    (QueryStopped, 409),
    (QueryTimedOut, 504),
    (QueryCancelled, 504),
    (QueryFailed, 502),
    (WarehouseAway, 503),
    (Misconfigured, 503),
    (HistoryOff, 503),
    (HistoryBusy, 503),
)


def status_of(error: CubeError) -> int:
    """Return the HTTP status that says what an error says."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
