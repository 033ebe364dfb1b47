"""One vote in the real system: `cube trace` finds it at every station, /metrics counts it."""

import json
import urllib.request
from typing import Any

import pytest

from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]

STATIONS = ["cast", "outbox", "record", "counted", "call", "lake", "backup", "load", "warehouse"]


def trace(desk: Desk, device: str, seq: int) -> tuple[int, list[dict[str, Any]]]:
    done = desk.run("trace", "cube", device, str(seq))
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_vote_is_found_at_every_station_and_counted_at_metrics(desk: Desk) -> None:
    desk.up("--shards", "2", history=True)
    cast = desk.run("vote", "--colour", "red", "--device", "kitchen")
    assert cast.returncode == 0, cast.stderr
    seq = json.loads(cast.stdout)["seq"]
    last: list[dict[str, Any]] = []

    def all_found() -> bool:
        code, steps = trace(desk, "kitchen", seq)
        assert code == 0, steps
        last[:] = steps
        missing = {each["station"] for each in steps if each["state"] != "found"}
        # The outbox forgets what is acknowledged, the backup takes a minute.
        return missing <= {"outbox", "backup"}

    wait_until(all_found, f"every station has it: {last}", timeout_s=150)
    assert [each["station"] for each in last] == [*STATIONS, "verdict"]
    by_name = {each["station"]: each for each in last}
    assert by_name["cast"]["at_ms"] == seq, "`cube vote` numbers votes by the clock"
    assert by_name["call"]["facts"]["function"] == "tally"
    assert by_name["call"]["facts"]["trace_id"].startswith("1-")
    way = [by_name[name]["after_ms"] for name in ("record", "counted", "lake", "load")]
    assert way == sorted(way), "each station comes after the one before"
    assert by_name["warehouse"]["says"] == "votes: red"

    code, steps = trace(desk, "kitchen", seq + 1)
    assert (code, steps[-1]["state"]) == (5, "absent")

    url = f"http://127.0.0.1:{desk.aws_port}/metrics"
    with urllib.request.urlopen(url, timeout=30) as answer:
        page = answer.read().decode()
    assert 'colour_cube_votes_counted_total{function="tally"} 1.0' in page
    assert 'colour_cube_lag_seconds_count{function="tally"}' in page
    assert 'colour_cube_iterator_age_seconds{mapping="TallyMapping"} 0.0' in page
