"""The real system delivers to the lake, also when its engine is killed in the middle of it."""

import gzip
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

VOTES = 24_000
LOAD = ["load", "--votes", str(VOTES), "--rate", "1500", "--devices", "500", "--json"]
Identity = tuple[str, int]


def lines(desk: Desk, prefix: str) -> list[dict[str, Any]]:
    """Return what lies in the lake below a prefix, line by line."""
    folder: Path = desk.data / "s3" / "cube-lake" / prefix
    objects = sorted(folder.rglob("*.gz"))
    return [json.loads(line) for path in objects for line in gzip.open(path, "rb")]


def votes(entries: list[dict[str, Any]]) -> set[Identity]:
    return {(entry["device_id"], entry["seq"]) for entry in entries if "device_id" in entry}


def delivery(desk: Desk) -> dict[str, Any]:
    (entry,) = desk.status()["engine"]["deliveries"]
    return dict(entry)


@pytest.mark.slow
def test_every_vote_is_in_the_lake_and_in_the_backup_after_a_kill(desk: Desk) -> None:
    """C7, C32: at least once; what a stop holds is stored before it ends."""
    desk.up("--shards", "2", history=True)
    load = desk.start(*LOAD)
    wait_until(lambda: delivery(desk)["records_delivered"] > 0, "rows are in the lake")
    assert load.poll() is None, "votes flow"
    os.kill(desk.child("engine")["pid"], signal.SIGKILL)
    output, errors = load.communicate(timeout=90)
    assert load.returncode == 0, errors
    assert json.loads(output.splitlines()[-1])["accepted"] == VOTES
    wait_until(lambda: delivery(desk)["caught_up"], "every record is delivered")
    rows = lines(desk, "votes")
    assert len(votes(rows)) == VOTES
    assert not any("parked_reason" in row for row in rows)
    assert desk.down().returncode == 0
    assert votes(lines(desk, "backup")) == votes(rows)
    assert not (desk.data / "s3" / "cube-lake" / "errors").exists()


def test_a_vote_is_a_row_of_the_lake_within_seconds(desk: Desk) -> None:
    """C12, C16: both buffers' intervals, and a second for the read."""
    desk.up("--shards", "2", history=True)
    done = desk.run("vote", "--colour", "red")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: len(lines(desk, "votes")) == 1, "the vote is a row", timeout_s=20)
    (row,) = lines(desk, "votes")
    assert row["colour"] == "red"
    status = delivery(desk)
    assert (status["name"], status["records_delivered"]) == ("votes-to-lake", 1)
    assert status["caught_up"]
    assert status["freshness_ms"] == 0


def test_the_live_path_alone_delivers_nothing(desk: Desk) -> None:
    desk.up()
    assert desk.status()["engine"]["deliveries"] == []
