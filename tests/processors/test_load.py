"""The scheduled load: everything new, once; a spoilt object keeps nobody waiting."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from core.clock import ManualClock
from core.errors import StatementFailed
from core.poll import PollRules
from processors.lake import Lake
from processors.load import FAR_MS, NEAR_MS, REFUSED_MS, Loader
from processors.load_sql import KNOWN_RULES

BUCKET = "cube-lake"
HOUR = "votes/2026/09/21/14/"  # of ManualClock's start
RULES = PollRules(poll="cube", version=1, effective_ms=0, palette=("red",))


class Objects:
    """S3, in pages of two."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Mapping[str, Any]:
        self.objects[Key] = Body
        return {}

    def list_objects_v2(
        self, *, Bucket: str, Prefix: str, StartAfter: str, ContinuationToken: str = ""
    ) -> Mapping[str, Any]:
        after = max(StartAfter, ContinuationToken)
        keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > after)
        page: dict[str, Any] = {"IsTruncated": len(keys) > 2}
        if len(keys) > 2:
            page["NextContinuationToken"] = keys[1]
        return page | {"Contents": [{"Key": key, "Size": 1} for key in keys[:2]]}


class Warehouse:
    """A DataApi that knows which objects each load names, and which of them are spoilt."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.loaded: list[str] = []
        self.spoilt: set[str] = set()
        self.rules: list[list[Any]] = []
        self.queries = 0
        self.away = False
        self.commits_unheard = False

    def rows(self, sql: str) -> list[list[Any]]:
        self.queries += 1
        if self.away:
            raise StatementFailed("running SQL: connection refused")
        if sql == KNOWN_RULES:
            return self.rules
        return [[key] for key in self.loaded]

    def run(self, statements: Sequence[str], *, name: str) -> None:
        if self.away:
            raise StatementFailed("running SQL: connection refused")
        manifest = self._objects.objects.get(f"manifests/{name}.json")
        if manifest is None:
            self.rules.append(["cube", 1])
            return
        keys = [key for key in self._objects.objects if f"s3://{BUCKET}/{key}".encode() in manifest]
        if self.spoilt & set(keys):
            raise StatementFailed("running SQL: a gzip file is truncated")
        assert not set(keys) & set(self.loaded), "no object is loaded twice"
        self.loaded += keys
        if self.commits_unheard:
            raise StatementFailed("running SQL: no answer")


class Table:
    """DynamoDB with one poll."""

    def query(self, **request: Any) -> Mapping[str, Any]:
        return {"Items": [RULES.to_item()]}

    def put_item(self, **request: Any) -> Mapping[str, Any]:
        raise AssertionError("a load writes no item")

    def transact_write_items(self, *, TransactItems: Sequence[Any]) -> Mapping[str, Any]:
        raise AssertionError("a load writes no item")


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.objects = Objects()
        self.warehouse = Warehouse(self.objects)
        self.loader = self.new_loader()

    def new_loader(self) -> Loader:
        ids = itertools.count(1)
        warehouse: Any = self.warehouse
        return Loader(
            lake=Lake(self.objects, bucket=BUCKET),
            warehouse=warehouse,
            table=Table(),
            table_name="tallies",
            copy_role="default",
            clock=self.clock,
            new_id=lambda: f"load-{self.clock.now_ms()}-{next(ids)}",
        )

    def put(self, *names: str, hour: str = HOUR) -> None:
        for name in names:
            self.objects.objects[hour + name] = b"rows"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_every_new_object_is_loaded_once(desk: Desk) -> None:
    desk.put("a", "b", "c")
    assert desk.loader.run_copies().objects == 3
    desk.put("d")
    assert desk.loader.run_copies().objects == 1
    assert desk.new_loader().run_copies().objects == 0
    assert desk.warehouse.loaded == [HOUR + name for name in "abcd"]


def test_failures_among_the_rows_are_not_loaded(desk: Desk) -> None:
    """C42: HistoryLoad=firehose left them there before the load was scheduled again."""
    desk.put("a")
    desk.put("x", hour="votes/processing-failed/2026/09/21/14/")
    assert desk.loader.run_copies().objects == 1
    assert desk.warehouse.loaded == [HOUR + "a"]


def test_rules_come_before_rows(desk: Desk) -> None:
    desk.put("a")
    assert desk.loader.run_copies().rules == 1
    desk.put("b")
    assert desk.loader.run_copies().rules == 0


def test_the_warehouse_is_left_asleep_when_nothing_is_new(desk: Desk) -> None:
    desk.put("a")
    desk.loader.run_copies()
    asked = desk.warehouse.queries
    desk.loader.run_copies()
    assert desk.warehouse.queries == asked


def test_a_spoilt_object_is_named_and_keeps_nobody_waiting(desk: Desk) -> None:
    desk.put(*"abcdefg")
    desk.warehouse.spoilt = {HOUR + "c"}
    outcome = desk.loader.run_copies()
    assert outcome.objects == 6
    assert list(outcome.refused) == [HOUR + "c"]
    assert "truncated" in outcome.refused[HOUR + "c"]


def test_a_spoilt_object_is_tried_again_after_a_while(desk: Desk) -> None:
    desk.put("a")
    desk.warehouse.spoilt = {HOUR + "a"}
    desk.loader.run_copies()
    assert not desk.loader.run_copies().refused
    desk.warehouse.spoilt = set()
    desk.clock.advance(REFUSED_MS)
    assert desk.loader.run_copies().objects == 1


def test_a_warehouse_that_is_away_refuses_nothing(desk: Desk) -> None:
    desk.put("a", "b")
    desk.warehouse.away = True
    with pytest.raises(StatementFailed):
        desk.loader.run_copies()
    desk.warehouse.away = False
    assert desk.loader.run_copies().objects == 2


def test_a_load_whose_answer_got_lost_is_not_done_again(desk: Desk) -> None:
    desk.put("a", "b")
    desk.warehouse.commits_unheard = True
    outcome = desk.loader.run_copies()
    assert not outcome.refused
    assert desk.warehouse.loaded == [HOUR + "a", HOUR + "b"]


def test_an_object_under_an_old_hour_is_found_within_the_hour(desk: Desk) -> None:
    desk.loader.run_copies()
    old = "votes/2026/09/18/02/"
    desk.put("late", hour=old)
    assert desk.loader.run_copies().objects == 0
    desk.clock.advance(3_600_000)
    assert desk.loader.run_copies().objects == 1
    assert FAR_MS > NEAR_MS


def test_a_look_far_back_that_failed_is_done_again(desk: Desk) -> None:
    """Found by the simulator: the objects of an outage waited for the next hour."""
    desk.put("late", hour="votes/2026/09/18/02/")
    desk.warehouse.away = True
    with pytest.raises(StatementFailed):
        desk.loader.run_copies()
    desk.warehouse.away = False
    assert desk.loader.run_copies().objects == 1
