"""`cube demo`, the main job, from nothing to a green check; and the bound of the disk."""

import json
import signal

import pytest

from tests.processes.desk import Desk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]


def test_a_headless_demo_ends_with_a_green_check(desk: Desk) -> None:
    words = ["--rate", "3000", "--seconds", "3", "--exit", "--no-dashboard"]
    words += ["--aws-port", str(desk.aws_port), *desk.history_words()]
    done = desk.run("demo", *words, timeout_s=120)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (summary,) = (line for line in lines if line.get("event") == "demo.done")
    assert summary["accepted"] == summary["total"]
    assert summary["left"] == 0
    assert summary["total"] > 3_000
    assert summary["latency_ms"]["p99"] > 0
    verdicts = [line for line in lines if "ok" in line]
    assert {line["name"] for line in verdicts} >= {"totals_equal_ledger", "stream_equals_ledger"}
    assert all(line["ok"] for line in verdicts)
    desk.nothing_left()


def test_ctrl_c_ends_a_demo_with_a_summary(desk: Desk) -> None:
    words = ["--rate", "1000", "--no-dashboard", "--aws-port", str(desk.aws_port)]
    words += desk.history_words()
    process = desk.start("demo", *words)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "load.progress"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=40)
    assert process.returncode == 0, errors
    summary = json.loads(output.splitlines()[-1])
    assert summary["event"] == "demo.done"
    assert summary["total"] == summary["accepted"]
    desk.nothing_left()


@pytest.mark.slow
def test_a_full_disk_bound_makes_producers_wait_and_loses_nothing(desk: Desk) -> None:
    desk.up("--max-disk", "1kB")
    load = desk.start("load", "--votes", "500", "--rate", "5000", "--json")
    assert load.stdout is not None
    said = json.loads(load.stdout.readline())
    assert said["accepted"] == 0
    assert "ProvisionedThroughputExceededException" in said["note"]
    assert desk.status()["engine"]["disk_state"] == "full"
    desk.down()
    desk.up()
    output, errors = load.communicate(timeout=60)
    assert load.returncode == 0, errors
    assert json.loads(output.splitlines()[-1])["accepted"] == 500
    desk.check()
    assert desk.tally()["total"] == 500
