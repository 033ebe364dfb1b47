"""A file of votes in, Bytewax's counts by poll, second and colour, and the time they took, out.

`python local/bench/peer_bytewax.py VOTES` runs by itself, in an interpreter that has Bytewax and
need not have anything of ours but msgspec; `cube bench peers` starts it.
"""

import importlib
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

BATCH_LINES = 1_000  # as many lines as an input hands over at a time
LATE_MAX = timedelta(hours=1)  # the file is in the order of lanes, not of time
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Vote(msgspec.Struct):
    """What the windows need of a vote; the other members are skipped."""

    poll: str
    colour: str
    voted_at: int


def count(lines: list[bytes]) -> tuple[list[Any], float]:
    """Return ((key, (second, votes)), ...) as Bytewax counts them, and the seconds it took."""
    operators: Any = importlib.import_module("bytewax.operators")
    windowing: Any = importlib.import_module("bytewax.operators.windowing")
    testing: Any = importlib.import_module("bytewax.testing")
    flow = importlib.import_module("bytewax.dataflow").Dataflow("votes")
    decode = msgspec.json.Decoder(Vote).decode
    found: list[Any] = []
    clock = windowing.EventClock(
        ts_getter=lambda vote: datetime.fromtimestamp(vote.voted_at / 1_000, tz=UTC),
        wait_for_system_duration=LATE_MAX,
    )
    windower = windowing.TumblingWindower(length=timedelta(seconds=1), align_to=EPOCH)
    given = operators.input("votes", flow, testing.TestingSource(lines, batch_size=BATCH_LINES))
    votes = operators.map("decode", given, decode)
    counted = windowing.count_window(
        "count", votes, clock, windower, key=lambda vote: f"{vote.poll}\n{vote.colour}"
    )
    operators.output("counts", counted.down, testing.TestingSink(found))
    started = time.process_time()
    testing.run_main(flow)
    return found, time.process_time() - started


def main() -> None:
    """Print one JSON object: the seconds, and [poll, colour, second, votes] of each window."""
    lines = Path(sys.argv[1]).read_bytes().splitlines()
    found, took_s = count(lines)
    windows = [[*key.split("\n"), second, votes] for key, (second, votes) in found]
    print(json.dumps({"took_s": took_s, "windows": windows}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
