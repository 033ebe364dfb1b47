"""Questions in, made-up rows out: a warehouse in memory that can be slow, away or unwilling."""

import math
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from core import limits
from core.clock import Clock
from core.errors import QueryCancelled, QueryFailed, WarehouseAway
from core.poll import DEFAULT_PALETTE
from core.query_value import QueryValue
from core.question import read_questions
from core.warehouse import Result, Value, cut
from tests.dashboard.fake_ledger import FakeLedger

REGIONS: Final = ("north", "south", "east", "west")
SHARES: Final = dict(zip(DEFAULT_PALETTE, (290, 68, 83, 273, 195, 92), strict=True))
_NAMES: Final = {question.sql: name for name, question in read_questions().items()}

Rows = list[tuple[Value, ...]]
Params = Mapping[str, QueryValue]


class FakeWarehouse:
    """What all clients of a test ask; set what it is to do before it is asked."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.polls = ["cube", "tea"]
        self.asked: list[tuple[str, dict[str, tuple[str, ...]]]] = []
        self.cancels = 0
        self.running = 0
        self.away = False
        self.slow = False  # questions run until they are cancelled, or too long
        self.refusal = ""
        self.cut_off = False  # questions take too long at once
        self.loaded = True
        self.rows: Rows | None = None  # what the next questions answer, whatever they are
        self.columns: tuple[str, ...] = ()
        self.ledger = FakeLedger(self.now)
        self.lock = threading.Lock()

    def behave(self) -> None:
        """Be there, quick and willing again."""
        self.away = self.slow = self.cut_off = False
        self.refusal, self.loaded, self.rows = "", True, None

    def client(self) -> "FakeClient":
        return FakeClient(self)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)

    def answer(self, sql: str, params: Params) -> tuple[tuple[str, ...], Rows]:
        """Return columns and rows of any statement that the page sends."""
        if (found := self.ledger.answer(sql, params)) is not None:
            return found
        minute = self.now().replace(second=0, microsecond=0)
        poll = "".join(params["poll"].texts) if "poll" in params else ""
        here = self.loaded and (not poll or poll in self.polls)
        if "MAX(loaded_at)" in sql:
            return ("reach", "loaded_at"), [(minute, self.now()) if self.loaded else (None, None)]
        if "SUM(counted)" in sql:
            known = (minute - timedelta(days=3), minute, 1_204_482)
            return ("first", "last", "counted"), [known if here else (None, None, None)]
        if "FROM polls" in sql:
            return ("poll",), [(name,) for name in self.polls if self.loaded]
        if "FROM palettes" in sql:
            return ("colour",), [(colour,) for colour in DEFAULT_PALETTE if here]
        if sql not in _NAMES:
            return ("region", "votes"), [(region, 9) for region in REGIONS if here]
        if self.rows is not None:
            return self.columns, self.rows
        return rows_of(_NAMES[sql], params, minute) if here else (("nothing",), [])


class FakeClient:
    """One connection to it."""

    def __init__(self, warehouse: FakeWarehouse) -> None:
        self._warehouse = warehouse
        self._cancelled = threading.Event()

    def query(
        self,
        sql: str,
        params: Params | None = None,
        *,
        rows_max: int = limits.QUERY_ROWS_MAX,
        timeout_s: float = limits.QUERY_TIMEOUT_S,
        write: bool = False,
    ) -> Result:
        warehouse = self._warehouse
        assert not write, "the page only reads"
        self._cancelled.clear()
        if warehouse.away:
            raise WarehouseAway("connecting to warehouse: Connection refused, at 127.0.0.1:5439")
        if sql in _NAMES:
            self._ask(_NAMES[sql], params or {}, timeout_s)
        columns, rows = warehouse.answer(sql, params or {})
        return cut(columns, rows, rows_max, 38)

    def cancel(self) -> None:
        with self._warehouse.lock:
            self._warehouse.cancels += 1
        self._cancelled.set()

    def close(self) -> None:
        self._cancelled.set()

    def _ask(self, name: str, params: Params, timeout_s: float) -> None:
        warehouse = self._warehouse
        with warehouse.lock:
            warehouse.asked.append((name, {key: one.texts for key, one in params.items()}))
        if warehouse.refusal:
            raise QueryFailed(f"querying warehouse: {warehouse.refusal} (22012)", "22012")
        if warehouse.cut_off:
            raise QueryCancelled("querying warehouse: statement timeout", "57014")
        if warehouse.slow:
            with warehouse.lock:
                warehouse.running += 1
            stopped = self._cancelled.wait(timeout_s)
            with warehouse.lock:
                warehouse.running -= 1
            why = "canceling statement on user request" if stopped else "statement timeout"
            raise QueryCancelled(f"querying warehouse: {why}", "57014")


def rows_of(name: str, params: Params, now: datetime) -> tuple[tuple[str, ...], Rows]:
    """Return made-up rows of a question, in its own columns, with its filters applied."""
    colours = [
        colour for colour in sorted(SHARES) if colour in _chosen(params, "colours", tuple(SHARES))
    ]
    part = len(_chosen(params, "regions", REGIONS)) / len(REGIONS)
    hour = now.replace(minute=0)
    match name:
        case "votes_by_hour" | "votes_by_minute" | "votes_by_day":
            unit = name.rpartition("_")[2]
            step = {"minute": 1, "hour": 60, "day": 1440}[unit]
            end = {"minute": now, "hour": hour, "day": hour.replace(hour=0)}[unit]
            return (unit, "colour", "votes"), [
                (at, colour, int(_votes(colour, at) * step * part))
                for at in (end - timedelta(minutes=step * back) for back in range(24, -1, -1))
                for colour in colours
            ]
        case "share_over_time":
            return ("from_time", "colour", "votes", "share_percent"), [
                row
                for back in range(24, -1, -1)
                for row in _shares(hour - timedelta(hours=back), colours)
            ]
        case "votes_by_colour":
            total = sum(SHARES.values())
            return ("colour", "votes", "share_percent"), [
                (colour, share * 1204, round(100 * share / total, 2))
                for colour, share in sorted(SHARES.items(), key=lambda pair: -pair[1])
            ]
        case "turnout_by_region":
            return ("region", "votes", "devices", "votes_per_device"), [
                (region, 400_000 - 90_000 * place, 20_000 - 4_000 * place, 20.0 + place)
                for place, region in enumerate(REGIONS)
            ]
        case "swing":
            points = (2.41, 0.62, 0.1, -0.38, -0.97, -1.78)
            columns = ("colour", "first_votes", "second_votes", "swing_points")
            return columns, [
                (colour, 5000 + place, 5200, swing)
                for place, (colour, swing) in enumerate(zip(colours, points, strict=False))
            ]
        case "latency_by_hour":
            return ("hour", "votes", "p50_ms", "p99_ms", "max_ms"), [
                (hour - timedelta(hours=back), 4000, 140 + back, 400 + 9 * back % 70, 2100)
                for back in range(24, -1, -1)
            ]
        case "parked_by_reason":
            return ("parked_reason", "lines", "devices"), [("not_json", 31, 4), ("too_old", 7, 7)]
        case _:
            return ("device_id", "votes", "first_vote"), [
                (f"device-{place:04}", 90 - place, now - timedelta(minutes=place))
                for place in range(20)
            ]


def _chosen(params: Params, name: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    return params[name].texts if name in params and params[name].texts else usual


def _votes(colour: str, at: datetime) -> float:
    """Return votes a minute: a day's wave, a wave of each colour's own, and some noise."""
    place = list(SHARES).index(colour)
    minutes = at.timestamp() / 60
    day = 1 + 0.55 * math.sin(2 * math.pi * (minutes / 1440 - 0.3))
    own = 1 + 0.16 * math.sin(2 * math.pi * (minutes / (311 + 97 * place) + place / 6))
    noise = 1 + 0.05 * math.sin(minutes * (1.7 + place))
    return SHARES[colour] * day * own * noise / 1.5


def _shares(at: datetime, colours: list[str]) -> Rows:
    votes = {colour: int(_votes(colour, at) * 60) for colour in colours}
    total = sum(votes.values())
    return [(at, colour, n, round(100 * n / total, 2)) for colour, n in votes.items()]
