"""Trends go with the tallies of their poll, and nothing that befalls them touches these."""

import asyncio
import logging
import random

import pytest

from core.clock import ManualClock
from dashboard.feed import Feed
from dashboard.hub import Hub
from dashboard.limits import IDLE_AFTER_MS, TREND_STALE_S
from dashboard.poll_tally import PollTally
from dashboard.reader import TallyReader, TrendReader
from dashboard.trend_feed import TrendFeed
from tests.dashboard.shard_trend import shard_trend, steadily
from tests.dashboard.tally_table import TABLE, TREND_TABLE, TallyTable
from tests.dashboard.wait import DEADLINE_S

NOW_S = 1_790_000_000
MINUTE = range(NOW_S - 70, NOW_S)


def trend_queries(table: TallyTable) -> list[str]:
    return [
        request["ExpressionAttributeValues"][":pk"]["S"]
        for request in table.requests
        if request["TableName"] == TREND_TABLE
    ]


async def run_until(feed: Feed, found: object) -> None:
    """Run the feed until it knows something."""
    assert callable(found)
    running = asyncio.create_task(feed.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not found():
                await asyncio.sleep(0.01)
    finally:
        running.cancel()


@pytest.fixture
def both(table: TallyTable, hub: Hub, clock: ManualClock) -> Feed:
    return Feed(
        TallyReader(table, table=TABLE, clock=clock),
        hub,
        clock=clock,
        rng=random.Random(1),
        default_poll="cube",
        trends=TrendReader(table, table=TREND_TABLE),
    )


async def test_a_snapshot_has_the_trend_of_its_poll(both: Feed, table: TallyTable) -> None:
    table.add_poll("cube")
    table.count("cube", {"red": 9}, second=NOW_S - 1)
    table.trend("cube", shard_trend({"red": steadily(10, MINUTE)}, began=NOW_S - 600))
    table.trend("cube", shard_trend({"red": steadily(5, MINUTE)}), shard="shardId-000000000001")
    await run_until(both, lambda: (both.snapshot()["polls"].get("cube") or {}).get("trend"))
    trend = both.snapshot("cube")["polls"]["cube"]["trend"]
    assert (trend["heard"], trend["stale"], trend["leader"]) == (NOW_S * 1000, False, "red")
    (red,) = trend["momentum"]
    assert (red["colour"], red["per_s_10"], red["per_s_60"]) == ("red", 15, 15)
    opening = both.opening("cube")
    assert opening is not None
    assert opening["trend"] == trend


async def test_trends_that_cannot_be_read_leave_the_tallies_alone(
    both: Feed, table: TallyTable, caplog: pytest.LogCaptureFixture
) -> None:
    table.trends_away = True
    table.count("cube", {"red": 9}, second=NOW_S - 1)
    caplog.set_level(logging.WARNING, logger="cube.dashboard")
    await run_until(both, lambda: both.ready and "reading trends" in caplog.text)
    cube = both.snapshot()["polls"]["cube"]
    assert (cube["total"], cube["trend"]) == (9, None), "unknown, not nothing"


async def test_a_processor_that_stopped_makes_trends_stale_and_nothing_else(
    both: Feed, table: TallyTable
) -> None:
    table.trend("cube", shard_trend({"red": steadily(10, [NOW_S - TREND_STALE_S - 1])}))
    table.count("cube", {"red": 9}, second=NOW_S - 1)
    await run_until(both, lambda: (both.snapshot()["polls"].get("cube") or {}).get("trend"))
    cube = both.snapshot()["polls"]["cube"]
    assert (cube["votes_per_second"], cube["trend"]["stale"]) == (9, True)
    assert cube["trend"]["behind_s"] == TREND_STALE_S


async def test_a_poll_that_nobody_looks_at_is_not_read(
    table: TallyTable, clock: ManualClock
) -> None:
    feed = TrendFeed(TrendReader(table, table=TREND_TABLE), clock=clock, watched=lambda: ["cube"])
    feed.ask("tea")
    await feed.step()
    assert trend_queries(table) == ["trend#cube", "trend#tea"]
    clock.advance(IDLE_AFTER_MS)
    table.requests.clear()
    await feed.step()
    assert trend_queries(table) == ["trend#cube"]


async def test_a_table_without_a_trend_says_that_there_is_none(
    table: TallyTable, clock: ManualClock
) -> None:
    feed = TrendFeed(TrendReader(table, table=TREND_TABLE), clock=clock, watched=lambda: ["cube"])
    tally = PollTally(("red",))
    assert feed.entry("cube", tally, now_ms=clock.now_ms()) is None
    await feed.step()
    found = feed.entry("cube", tally, now_ms=clock.now_ms())
    assert found == {"as_of": clock.now_ms(), "heard": None}
