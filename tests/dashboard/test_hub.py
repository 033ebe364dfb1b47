"""Everybody gets the newest frame, nobody waits for anybody, and there is an end to it."""

import asyncio
import random

import pytest

from dashboard.hub import Frame, Hub, HubFull
from dashboard.stream import events, needs_opening


def frame(seq: int, *, epoch: int = 1, as_of: int | None = 1000) -> Frame:
    return Frame(seq, epoch, as_of, b'{"tick":%d}' % seq, lambda: b'{"init":%d}' % seq)


async def test_a_slow_viewer_gets_the_newest_frame_only() -> None:
    hub = Hub()
    viewer = hub.join("cube", "a")
    for seq in range(5):
        hub.publish("cube", frame(seq))
    hub.publish("other", frame(99))
    got = await viewer.next(timeout_s=1)
    assert got is not None
    assert got.seq == 4
    with pytest.raises(TimeoutError):
        await viewer.next(timeout_s=0.01)


async def test_who_joins_gets_what_was_last_shown() -> None:
    hub = Hub()
    hub.publish("cube", frame(7))
    got = await hub.join("cube", "a").next(timeout_s=1)
    assert got is not None
    assert got.seq == 7


async def test_viewers_are_limited_by_address_and_in_all() -> None:
    hub = Hub(viewers_max=3, viewers_per_address_max=2)
    first = hub.join("cube", "a")
    hub.join("cube", "a")
    with pytest.raises(HubFull, match="of one address"):
        hub.join("cube", "a")
    hub.join("cube", "b")
    with pytest.raises(HubFull, match="3 viewers"):
        hub.join("cube", "c")
    hub.leave(first)
    hub.leave(first)
    assert hub.viewers == 2
    hub.join("other", "a")
    assert hub.watched() == {"cube", "other"}


async def test_a_poll_that_nobody_looks_at_any_more_is_not_watched() -> None:
    hub = Hub()
    viewer = hub.join("cube", "a")
    hub.leave(viewer)
    assert hub.watched() == frozenset()
    assert hub.viewers == 0


async def test_closing_ends_every_stream_and_takes_no_new_one() -> None:
    hub = Hub()
    stream = events(hub, hub.join("cube", "a"), random.Random(1))
    assert (await anext(stream)).startswith(b"retry: ")
    hub.close()
    hub.publish("cube", frame(1))
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(stream), 5)
    assert hub.viewers == 0
    with pytest.raises(HubFull, match="stops"):
        hub.join("cube", "a")


async def test_a_stream_opens_with_history_goes_on_with_ticks_and_says_so_when_silent() -> None:
    hub = Hub()
    viewer = hub.join("cube", "a")
    stream = events(hub, viewer, random.Random(1), keepalive_s=0.01)
    retry = await anext(stream)
    assert 1500 <= int(retry.split()[1]) < 2500
    assert await anext(stream) == b": keepalive\n\n"
    hub.publish("cube", frame(1))
    assert await anext(stream) == b'event: init\nid: 1\ndata: {"init":1}\n\n'
    hub.publish("cube", frame(2, as_of=1200))
    assert await anext(stream) == b'event: tick\nid: 2\ndata: {"tick":2}\n\n'
    hub.publish("cube", frame(3, as_of=1400, epoch=2))
    assert (await anext(stream)).startswith(b"event: init\nid: 3")
    await stream.aclose()  # type: ignore[attr-defined] # the iterator is a generator
    assert hub.viewers == 0


def test_a_viewer_who_missed_more_than_a_tick_repeats_starts_anew() -> None:
    assert needs_opening(None, frame(1))
    assert needs_opening(frame(1, as_of=None), frame(2))
    assert not needs_opening(frame(1, as_of=1000), frame(2, as_of=3000))
    assert needs_opening(frame(1, as_of=1000), frame(2, as_of=3001))
    assert not needs_opening(frame(1, as_of=1000), frame(2, as_of=None))
