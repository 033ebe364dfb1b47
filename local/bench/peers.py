"""The same votes in, votes a second of one core by our fold and by comparable systems out.

Time is processor time, of all threads: what a busy machine does meanwhile does not count.

Everyone counts by poll, second of voting and colour, and has to come to the same counts. Peers are
no dependency: `--python` names an interpreter that has them (`pip install bytewax msgspec`).
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from core.clock import SystemClock
from core.errors import InvariantBroken, ServiceRefused, UsageError
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollBook, PollRules
from core.record import read_payloads
from local.bench.batches import make_batches
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from processors.fold import fold_payload
from producers.pack import Batch

VOTES: Final = 200_000
PEER_S_MAX: Final = 120
PEERS: Final = ("bytewax",)
Windows = Counter[tuple[str, str, int]]  # votes by poll, colour, second


def measure(options: BenchOptions) -> list[Measurement]:
    """Return a rate for ours and each peer; raise UsageError naming what is not installed."""
    python = options.python or sys.executable
    for peer in PEERS:
        _check_installed(peer, python)
    now_ms = SystemClock().now_ms()
    batches = make_batches(VOTES, now_ms=now_ms)
    votes = sum(batch.votes for batch in batches)
    ours, took_s = _fold(batches, now_ms)
    measurements = [Measurement("peers.ours", votes / took_s, "votes/s")]
    with tempfile.TemporaryDirectory(prefix="cube-bench-") as folder:
        path = Path(folder) / "votes.jsonl"
        path.write_bytes(b"".join(batch.data.partition(b"\n")[2] for batch in batches))
        for peer in PEERS:
            theirs, took_s = run_peer(peer, python, path)
            if theirs != ours:
                raise InvariantBroken(f"measuring {peer}: its windows are not ours")
            measurements.append(Measurement(f"peers.{peer}", votes / took_s, "votes/s"))
    return measurements


def _fold(batches: list[Batch], now_ms: int) -> tuple[Windows, float]:
    """Fold as the processor does, from the records' bytes; return the windows and the seconds."""
    rules = PollRules(poll=DEFAULT_POLL, version=1, effective_ms=0, palette=DEFAULT_PALETTE)
    book = PollBook([rules], read_ms=now_ms + 60_000)
    windows: Windows = Counter()
    started = time.process_time()
    for batch in batches:
        for payload in read_payloads(batch.data):
            windows.update(fold_payload(payload, now_ms, book, 0, batch.votes).by_second)
    return windows, time.process_time() - started


def run_peer(peer: str, python: str, votes: Path) -> tuple[Windows, float]:
    """Return the windows that a peer counts, and the seconds; start-up is not among them."""
    script = Path(__file__).with_name(f"peer_{peer}.py")
    done = _run([python, str(script), str(votes)])
    if done.returncode:
        raise ServiceRefused(f"measuring {peer}: {done.stderr.strip()[-500:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    windows: Windows = Counter()
    for poll, colour, second, count in answer["windows"]:
        windows[poll, colour, second] += count
    return windows, answer["took_s"]


def _check_installed(peer: str, python: str) -> None:
    found = _run([python, "-c", f"import {peer}, msgspec"])
    if found.returncode:
        what = found.stderr.strip().splitlines()[-1] if found.stderr.strip() else "it does not run"
        raise UsageError(
            f"measuring peers: {Path(python).name} has no {peer} ({what}): "
            f"install {peer} and msgspec for an interpreter and name it by --python"
        )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PEER_S_MAX
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceRefused(f"measuring peers: {error}") from error
