"""Who gets a process: warm caches, many at once, a bound for the machine, nothing left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.local.invoke.conftest import ROOT, OpenPool, function
from tests.local.invoke.waiting import gone, until

ENGINE = """
import asyncio, sys
from pathlib import Path
from core.clock import SystemClock
from local.invoke import FunctionPool
from tests.local.invoke.conftest import function

async def main():
    pool = FunctionPool(
        [function("hang"), function("count")], folder=Path(sys.argv[1]), clock=SystemClock(),
        base_environment={"PYTHONPATH": sys.argv[2]}, processes_max=4,
    )
    await pool.start()
    await pool.invoke("count", b"{}")
    busy = asyncio.create_task(pool.invoke("hang", b'{"file": "%s"}' % sys.argv[3].encode()))
    while not Path(sys.argv[3]).exists() or not Path(sys.argv[3]).read_text():
        await asyncio.sleep(0.01)
    print(pool.pids(), flush=True)
    await busy

asyncio.run(main())
"""


def waiting_event(tmp_path: Path) -> tuple[bytes, Path, Path]:
    gate, started = tmp_path / "gate", tmp_path / "started"
    return json.dumps({"gate": str(gate), "started": str(started)}).encode(), gate, started


def started_pids(started: Path) -> list[int]:
    return [int(line) for line in started.read_text().split()] if started.exists() else []


async def test_as_many_run_at_once_as_are_asked(open_pool: OpenPool, tmp_path: Path) -> None:
    """B9, B47: n shards need n environments."""
    event, gate, started = waiting_event(tmp_path)
    async with open_pool(function("wait_for_file")) as pool:
        calls = [asyncio.create_task(pool.invoke("wait_for_file", event)) for _ in range(3)]
        await until(lambda: len(set(started_pids(started))) == 3)
        gate.touch()
        assert all(outcome.kind == "ok" for outcome in await asyncio.gather(*calls))
        assert len(pool.pids()["wait_for_file"]) == 3


async def test_the_machines_bound_makes_others_wait_in_line(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B47: fewer environments than shards: they wait, and all are served."""
    event, gate, started = waiting_event(tmp_path)
    async with open_pool(function("wait_for_file"), processes_max=2) as pool:
        calls = [asyncio.create_task(pool.invoke("wait_for_file", event)) for _ in range(6)]
        await until(lambda: len(started_pids(started)) == 2)
        assert len(pool.pids()["wait_for_file"]) == 2
        gate.touch()
        assert all(outcome.kind == "ok" for outcome in await asyncio.gather(*calls))
    assert len(set(started_pids(started))) == 2


async def test_a_function_without_a_process_gets_the_place_of_an_idle_one(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B47: with room for one process, two functions take turns, also under load."""
    async with open_pool(function("count"), function("echo"), processes_max=1) as pool:
        calls = [
            asyncio.create_task(pool.invoke(name, b"{}"))
            for name in ("count", "count", "echo", "count", "echo")
        ]
        assert all(outcome.kind == "ok" for outcome in await asyncio.gather(*calls))
        await until(lambda: sum(map(len, pool.pids().values())) == 1)


async def test_a_busy_function_leaves_another_its_last_process(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B47: what runs now and then stays warm, however many the others would like."""
    event, gate, started = waiting_event(tmp_path)
    functions = (function("count"), function("wait_for_file"))
    async with open_pool(*functions, processes_max=3) as pool:
        await pool.invoke("count", b"{}")
        warm = pool.pids()["count"]
        calls = [asyncio.create_task(pool.invoke("wait_for_file", event)) for _ in range(6)]
        await until(lambda: len(started_pids(started)) == 2)
        gate.touch()
        assert all(outcome.kind == "ok" for outcome in await asyncio.gather(*calls))
        assert pool.pids()["count"] == warm
    assert len(set(started_pids(started))) == 2


async def test_a_busy_function_does_not_starve_another(open_pool: OpenPool) -> None:
    """B47: though its own line never ends."""
    async with open_pool(function("count"), function("echo"), processes_max=1) as pool:
        served = asyncio.Event()

        async def keep_busy() -> None:
            while not served.is_set():
                assert (await pool.invoke("count", b"{}")).kind == "ok"

        busy = [asyncio.create_task(keep_busy()) for _ in range(3)]
        await pool.invoke("count", b"{}")
        async with asyncio.timeout(20):
            assert (await pool.invoke("echo", b"{}")).kind == "ok"
        served.set()
        await asyncio.gather(*busy)


async def test_a_shard_gets_the_process_that_served_it_last(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B47: so that what the process remembers is still of use."""
    event, gate, started = waiting_event(tmp_path)
    shards = ["shard-0", "shard-1", "shard-2"]
    async with open_pool(function("wait_for_file")) as pool:

        async def pid_of(shard: str) -> int:
            outcome = await pool.invoke("wait_for_file", event, affinity=shard)
            return int(outcome.payload)

        calls = [asyncio.create_task(pid_of(shard)) for shard in shards]
        await until(lambda: len(started_pids(started)) == 3)
        gate.touch()
        pids = dict(zip(shards, await asyncio.gather(*calls), strict=True))
        assert len(set(pids.values())) == 3
        for shard in (*shards, *reversed(shards), *shards):
            assert await pid_of(shard) == pids[shard]


async def test_a_cancelled_invocation_leaves_no_answer_for_the_next(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B16: its process is ended, for it may still run."""
    event, gate, started = waiting_event(tmp_path)
    async with open_pool(function("wait_for_file"), processes_max=1) as pool:
        call = asyncio.create_task(pool.invoke("wait_for_file", event))
        await until(lambda: started_pids(started))
        (pid,) = started_pids(started)
        call.cancel()
        await asyncio.wait([call])
        assert gone(pid)
        gate.touch()
        outcome = await pool.invoke("wait_for_file", event)
        assert json.loads(outcome.payload) != pid


async def test_a_cancelled_wait_in_line_takes_no_process(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B47: the next in line is served."""
    event, gate, started = waiting_event(tmp_path)
    async with open_pool(function("wait_for_file"), processes_max=1) as pool:
        calls = [asyncio.create_task(pool.invoke("wait_for_file", event)) for _ in range(3)]
        await until(lambda: started_pids(started))
        calls[1].cancel()
        gate.touch()
        assert (await calls[2]).kind == "ok"
        assert (await calls[0]).kind == "ok"


async def test_a_stop_ends_every_process(open_pool: OpenPool, tmp_path: Path) -> None:
    """B47: idle, busy, and those that ignore a polite signal."""
    event, _, started = waiting_event(tmp_path)
    functions = (function("count"), function("wait_for_file"), function("ignore_signals"))
    async with open_pool(*functions) as pool:
        await pool.invoke("count", b"{}")
        await pool.invoke("ignore_signals", b"{}")
        call = asyncio.create_task(pool.invoke("wait_for_file", event))
        await until(lambda: started_pids(started))
        pids = [pid for each in pool.pids().values() for pid in each]
    assert len(pids) == 3
    assert all(gone(pid) for pid in pids)
    assert (await call).kind == "function_error"


async def test_no_process_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    """B1: SIGKILL to the engine: the idle and the busy process end, and the child of one."""
    pids_file = tmp_path / "pids"
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(tmp_path), ROOT, str(pids_file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert engine.stdout is not None
    with engine.stdout:
        line = await asyncio.to_thread(engine.stdout.readline)
    pids = [int(word.strip("[]{},:'")) for word in line.split() if word.strip("[]{},:'").isdigit()]
    child = int(pids_file.read_text().split()[1])
    try:
        assert len(pids) == 2
        assert not any(gone(pid) for pid in pids)
    finally:
        engine.kill()
        engine.wait()
    try:
        await until(lambda: all(gone(pid) for pid in pids))
    finally:
        os.kill(child, signal.SIGKILL)  # what a handler starts on its own is not ours to end
