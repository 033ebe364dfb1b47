"""A clock that is stepped beneath Python: `core.clock` follows it, the monotonic clock does not."""

import os
import subprocess
import sys
from pathlib import Path

from local.chaos.stepped_clock import SteppedClock

_ASK = """
import time
from core.clock import SystemClock
from pathlib import Path
clock, path = SystemClock(), Path({path!r})
first, begun = clock.now_ms(), clock.monotonic_ms()
path.write_text("-30")
while clock.now_ms() >= first and clock.monotonic_ms() < begun + 10_000:
    pass
print(clock.now_ms() - first - (clock.monotonic_ms() - begun))
"""


def test_a_running_process_believes_the_step_and_monotonic_time_goes_on(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock")
    inherited = dict(os.environ)  # noqa: TID251 - a child needs what this process has
    done = subprocess.run(
        [sys.executable, "-c", _ASK.format(path=str(tmp_path / "clock" / "seconds"))],
        env=clock.environment(inherited),
        capture_output=True,
        text=True,
        check=True,
    )
    assert abs(int(done.stdout) + 30_000) < 500
