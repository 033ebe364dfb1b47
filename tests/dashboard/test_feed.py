"""The feed shows what the table holds, reads little, and keeps the last good numbers."""

import asyncio
from typing import Any

import msgspec
import pytest

from core.clock import ManualClock
from core.keys import counted_sk
from core.poll import DEFAULT_PALETTE
from dashboard.feed import Feed
from dashboard.hub import Hub
from local.aws_error import AwsError
from tests.dashboard.tally_table import TallyTable

NOW_S = 1_790_000_000


def ranges(table: TallyTable) -> list[str]:
    """Return where each read of counted seconds started."""
    values = [request["ExpressionAttributeValues"] for request in table.requests]
    return [value[":a"]["S"] for value in values if ":b" in value]


async def test_a_total_is_the_sum_over_all_writer_slots(feed: Feed, table: TallyTable) -> None:
    table.add_poll("cube")
    for slot in range(16):
        table.count("cube", {"red": 2, "blue": 1}, second=NOW_S - 1, slot=slot, latency_ms=100)
    await feed.step()
    cube = feed.snapshot()["polls"]["cube"]
    assert cube["total"] == 48
    assert cube["by_colour"] == dict.fromkeys(DEFAULT_PALETTE, 0) | {"red": 32, "blue": 16}
    assert cube["votes_per_second"] == 48
    assert 100 <= cube["latency_ms"]["p50"] <= 119


async def test_the_first_reading_goes_two_minutes_back_and_the_next_ones_seconds(
    feed: Feed, table: TallyTable, clock: ManualClock
) -> None:
    await feed.step()
    assert ranges(table) == [counted_sk(NOW_S - 120, 0)]
    await feed.step()  # the late look comes once in a while
    clock.advance(300)
    await feed.step()
    assert ranges(table)[1:] == [counted_sk(NOW_S - 10, 0), counted_sk(NOW_S - 2, 0)]


async def test_after_a_gap_reading_starts_where_it_stopped(
    feed: Feed, table: TallyTable, clock: ManualClock
) -> None:
    await feed.step()
    await feed.step()
    clock.advance(4_000)
    await feed.step()
    assert ranges(table)[-1] == counted_sk(NOW_S - 2, 0)
    clock.advance(3_600_000)
    await feed.step()
    assert ranges(table)[-1] == counted_sk(NOW_S + 3604 - 120, 0)


async def test_one_tick_costs_two_queries_a_poll_and_the_polls_are_read_rarely(
    feed: Feed, table: TallyTable, clock: ManualClock
) -> None:
    table.add_poll("cube")
    await feed.step()
    table.requests.clear()
    for _ in range(5):
        clock.advance(200)
        await feed.step()
    assert len(table.requests) == 10


async def test_many_polls_are_read_in_turn_and_a_watched_one_always(
    feed: Feed, table: TallyTable, hub: Hub
) -> None:
    for number in range(30):
        table.add_poll(f"poll-{number:02d}")
    hub.join("poll-29", "a")
    await feed.step()
    read = {r["ExpressionAttributeValues"][":pk"]["S"] for r in table.requests} - {"polls"}
    assert len(read) == 10
    assert {"poll#cube", "poll#poll-29"} <= read


async def test_a_failure_keeps_the_last_good_numbers_and_their_time(
    feed: Feed, table: TallyTable, clock: ManualClock
) -> None:
    table.count("cube", {"red": 5}, second=NOW_S)
    await feed.step()
    table.away = True
    clock.advance(4_000)
    with pytest.raises(AwsError):
        await feed.step()
    seen = feed.snapshot()
    assert seen["polls"]["cube"]["total"] == 5
    assert seen["server_now"] - seen["as_of"] == 4_000
    assert feed.ready
    clock.advance(1_000)
    assert not feed.ready


async def test_the_loop_survives_failures_and_comes_back(
    feed: Feed, table: TallyTable, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    table.away = True
    running = asyncio.create_task(feed.run())
    viewer = hub.join("cube", "a")
    try:
        await until(lambda: "the table is away" in caplog.text)
        table.count("cube", {"red": 3}, second=NOW_S)
        table.away = False
        frame = await viewer.next(timeout_s=10)
        assert frame is not None
        assert msgspec.json.decode(frame.tick)["total"] == 3
    finally:
        running.cancel()
    assert caplog.text.count("the table is away") == 1


async def test_what_did_not_change_is_sent_once_a_second(
    feed: Feed, table: TallyTable, hub: Hub, clock: ManualClock
) -> None:
    viewer = hub.join("cube", "a")
    await feed.step()
    feed.publish()
    assert (await viewer.next(timeout_s=1)) is not None
    clock.advance(100)
    await feed.step()
    feed.publish()
    with pytest.raises(TimeoutError):
        await viewer.next(timeout_s=0.01)
    table.count("cube", {"red": 1}, second=NOW_S)
    await feed.step()
    feed.publish()
    assert (await viewer.next(timeout_s=1)) is not None
    clock.advance(1_000)
    feed.publish()
    assert (await viewer.next(timeout_s=1)) is not None


async def test_a_new_poll_starts_every_viewer_anew(
    feed: Feed, table: TallyTable, clock: ManualClock
) -> None:
    table.add_poll("cube")
    await feed.step()
    before = feed.opening("cube")
    assert before is not None
    assert before["polls"] == ["cube"]
    table.add_poll("tea", ("green", "black"))
    clock.advance(2_000)
    await feed.step()
    after = feed.opening("cube")
    assert after is not None
    assert after["polls"] == ["cube", "tea"]
    assert not feed.knows("coffee")
    assert feed.opening("coffee") is None


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
