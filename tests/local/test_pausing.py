"""Pausing: parts stand still and go on, a restart remembers, and on AWS the same is asked for."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.errors import UsageError
from local.cloud_pausing import switch
from local.drawing import ScheduleSpec
from local.engine import TEMPLATE
from local.invoke.outcome import Outcome
from local.pausing import PARTS, Pausing
from local.schedule import ScheduleRunner
from local.template import load


class Mapping:
    def __init__(self, name: str) -> None:
        self.name = name
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


def mappings() -> list[Mapping]:
    return [Mapping("TallyMapping"), Mapping("TrendMapping")]


def paused(pausing: Pausing, *parts: str) -> list[str]:
    return list(asyncio.run(pausing.pause({"parts": list(parts)}))["paused"])


def resumed(pausing: Pausing, *parts: str) -> list[str]:
    return list(asyncio.run(pausing.resume({"parts": list(parts)}))["paused"])


def test_a_part_stands_still_and_goes_on_and_the_other_hears_nothing(tmp_path: Path) -> None:
    counting, trend = mappings()
    pausing = Pausing(tmp_path / "paused.json", [counting, trend])
    assert paused(pausing, "counting") == ["counting"]
    assert paused(pausing, "counting") == ["counting"]
    assert resumed(pausing, "counting") == []
    assert counting.told == ["pause", "resume"], "again changes nothing"
    assert trend.told == []


def test_a_pause_outlasts_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "paused.json"
    assert paused(Pausing(path, mappings()), "counting", "loads") == ["counting", "loads"]
    counting, trend = mappings()
    after = Pausing(path, [counting, trend])
    after.restore()
    assert (counting.told, trend.told) == (["pause"], [])
    assert after.is_paused("LoadSchedule")
    assert not after.is_paused("RollupSchedule")


@pytest.mark.parametrize("kept", [b"", b"not json", b'["gone"]'])
def test_a_file_that_says_nothing_pauses_nothing(kept: bytes, tmp_path: Path) -> None:
    path = tmp_path / "paused.json"
    path.write_bytes(kept)
    assert Pausing(path, mappings()).paused == set()


@pytest.mark.parametrize("said", [{}, {"parts": []}, {"parts": ["all"]}, {"parts": "counting"}])
def test_what_is_no_part_is_refused(said: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        asyncio.run(Pausing(tmp_path / "paused.json", mappings()).pause(said))


def test_the_drawing_has_every_part() -> None:
    drawing = load(TEMPLATE, {})
    drawn = {each.logical_id for each in drawing.mappings}
    drawn |= {each.logical_id for each in drawing.schedules}
    assert {name for names in PARTS.values() for name in names} <= drawn


def test_a_paused_schedule_does_not_start() -> None:
    ran: list[str] = []

    async def invoke(function: str, payload: bytes) -> Outcome:
        ran.append(function)
        return Outcome("ok", b"{}", "r1")

    async def look() -> None:
        schedules: Sequence[ScheduleSpec] = [
            ScheduleSpec(logical_id=name, function_name=name, period_s=1, payload="{}")
            for name in ("LoadSchedule", "RollupSchedule")
        ]
        runner = ScheduleRunner(schedules, invoke, paused=lambda name: name == "LoadSchedule")
        await runner.start()
        async with asyncio.timeout(30):
            while len(ran) < 2:
                await asyncio.sleep(0.01)
        await runner.stop()

    asyncio.run(look())
    assert set(ran) == {"RollupSchedule"}


class Scheduler:
    """EventBridge Scheduler with one schedule, which forgets what an update leaves out."""

    def __init__(self) -> None:
        self.schedule = {
            "Arn": "arn",
            "Name": "load",
            "ScheduleExpression": "rate(1 minute)",
            "Target": {"Arn": "function"},
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
        }

    def get_schedule(self, *, Name: str) -> dict[str, Any]:
        return dict(self.schedule)

    def update_schedule(self, **said: Any) -> None:
        assert "Arn" not in said, "no parameter of UpdateSchedule"
        self.schedule = said


class Functions:
    def __init__(self) -> None:
        self.enabled: dict[str, bool] = {}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> None:
        self.enabled[UUID] = Enabled


def test_on_aws_mappings_are_disabled_and_schedules_keep_what_they_say() -> None:
    functions, scheduler = Functions(), Scheduler()
    outputs = {"TallyMappingId": "m1", "LoadScheduleName": "load", "CompareScheduleName": "load"}
    clients: dict[str, Any] = {"functions": functions, "scheduler": scheduler}
    lines = list(switch(["counting", "loads"], outputs, **clients, on=False))
    assert functions.enabled == {"m1": False}
    assert scheduler.schedule["State"] == "DISABLED"
    assert scheduler.schedule["Target"] == {"Arn": "function"}
    assert len(lines) == 3
    list(switch(["counting"], outputs, **clients, on=True))
    assert functions.enabled == {"m1": True}
    with pytest.raises(UsageError, match="the stack has none"):
        list(switch(["trend"], outputs, **clients, on=True))
