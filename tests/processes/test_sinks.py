"""One dead sink blocks no other: live tallies go on without the lake, the lake without them."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]


def delivered(desk: Desk) -> int:
    (delivery,) = desk.status()["engine"]["deliveries"]
    count: int = delivery["records_delivered"]
    return count


@pytest.mark.slow
def test_live_and_history_do_not_wait_for_each_other(desk: Desk) -> None:
    desk.up("--shards", "2", history=True)
    load = desk.start("load", "--rate", "500", "--devices", "200", "--json")
    wait_until(lambda: delivered(desk) > 0, "rows are in the lake", timeout_s=60)

    counting = desk.status()["engine"]["functions"]["tally"]
    for pid in counting:
        os.kill(pid, signal.SIGSTOP)
    try:
        reached = delivered(desk)
        wait_until(lambda: delivered(desk) > reached, "the lake goes on", timeout_s=60)
        assert desk.status()["engine"]["iterator_age_ms"] > 0, "what counts stands still"
    finally:
        for pid in counting:
            os.kill(pid, signal.SIGCONT)

    bucket: Path = desk.data / "s3" / "cube-lake"
    bucket.rename(bucket.with_name("aside"))
    bucket.write_bytes(b"in the way\n")
    stored = delivered(desk)
    counted = desk.tally()["total"]
    os.kill(desk.child("warehouse")["pid"], signal.SIGKILL)
    wait_until(lambda: desk.tally()["total"] > counted + 2_000, "live goes on", timeout_s=60)
    assert delivered(desk) == stored, "nothing was delivered meanwhile"
    bucket.unlink()
    bucket.with_name("aside").rename(bucket)

    load.send_signal(signal.SIGINT)
    output, errors = load.communicate(timeout=90)
    assert load.returncode == 0, errors
    accepted = json.loads(output.splitlines()[-1])["accepted"]
    verdicts = desk.check()
    assert verdicts["live_equals_warehouse"]["left"] == accepted == desk.tally()["total"]
