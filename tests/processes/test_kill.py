"""Processes are killed while votes flow: afterwards every accepted vote is counted once."""

import json
import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

VOTES = 12_000
LOAD = ["load", "--votes", str(VOTES), "--rate", "3000", "--devices", "500", "--json"]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_engine(desk: Desk) -> None:
    kill(desk.child("engine")["pid"])


def kill_worker(desk: Desk) -> None:
    functions = desk.status()["engine"]["functions"]
    for pid in functions["tally"]:
        kill(pid)


def wait_for_votes(desk: Desk, load: subprocess.Popen[str]) -> None:
    """Return when votes are counted while more are cast."""

    def flowing() -> bool:
        assert load.poll() is None, load.communicate()
        return bool(desk.tally()["total"] > 500)

    wait_until(flowing, "votes are counted")


@pytest.mark.parametrize("strike", [kill_engine, kill_worker])
def test_votes_are_counted_once_whoever_dies(desk: Desk, strike: Callable[[Desk], None]) -> None:
    desk.up("--shards", "2")
    load = desk.start(*LOAD)
    wait_for_votes(desk, load)
    strike(desk)
    output, errors = load.communicate(timeout=90)
    assert load.returncode == 0, errors
    report = json.loads(output.splitlines()[-1])
    assert (report["accepted"], report["left"]) == (VOTES, 0)
    verdicts = desk.check()
    assert desk.tally()["total"] == VOTES
    assert verdicts["acknowledged_equals_applied"]["left"] == VOTES
    assert verdicts["stream_equals_ledger"]["right"] == VOTES


def test_a_killed_engine_is_started_again_with_what_it_had(desk: Desk) -> None:
    desk.up("--shards", "2")
    load = desk.run(*LOAD)
    assert load.returncode == 0, load.stderr
    desk.check()
    first = desk.child("engine")
    kill(first["pid"])
    wait_until(
        lambda: (now := desk.child("engine"))["state"] == "ready" and now["restarts"] == 1,
        "the engine is back",
    )
    assert desk.child("engine")["pid"] != first["pid"]
    assert desk.tally()["total"] == VOTES
    desk.check()


def test_a_killed_producer_goes_on_where_it_was(desk: Desk) -> None:
    desk.up("--shards", "2")
    load = desk.start(*LOAD)
    wait_for_votes(desk, load)
    kill(load.pid)
    load.wait()
    again = desk.run("load", "--votes", "100", "--rate", "1000", "--json")
    assert again.returncode == 0, again.stderr
    report = json.loads(again.stdout.splitlines()[-1])
    assert report["left"] == 0
    verdicts = desk.check()
    accepted = verdicts["acknowledged_equals_applied"]
    assert accepted["left"] == accepted["right"] == desk.tally()["total"]


def test_a_killed_dashboard_comes_back(desk: Desk) -> None:
    desk.up(dashboard=True)
    kill(desk.child("dashboard")["pid"])
    wait_until(
        lambda: (now := desk.child("dashboard"))["state"] == "ready" and now["restarts"] == 1,
        "the dashboard is back",
    )
    assert desk.child("engine")["restarts"] == 0


@pytest.mark.slow
def test_a_system_killed_whole_at_full_flow_comes_back_whole(desk: Desk) -> None:
    desk.up("--shards", "2")
    load = desk.start(*LOAD)
    wait_for_votes(desk, load)
    kill(desk.status()["pid"])  # the supervisor: engine and workers go with it
    desk.nothing_left(but=load.pid)
    desk.up("--shards", "2")
    output, errors = load.communicate(timeout=90)
    assert load.returncode == 0, errors
    assert json.loads(output.splitlines()[-1])["accepted"] == VOTES
    desk.check()
    assert desk.tally()["total"] == VOTES
