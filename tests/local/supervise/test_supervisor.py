"""Children are started, watched, started again and ended: with real processes."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import Misconfigured
from local.supervise.child import ChildSpec
from local.supervise.folder import DataFolder
from local.supervise.supervisor import Supervisor

MACHINE = dict(os.environ)  # noqa: TID251 - children need what this process has


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def web_server(name: str = "web") -> ChildSpec:
    """A child that is ready at once: Python's own web server."""
    port = free_port()
    return ChildSpec(
        name=name,
        module="http.server",
        arguments=(str(port), "--bind", "127.0.0.1", "--directory", str(Path(__file__).parent)),
        environment=MACHINE,
        port=port,
        ready_path="/",
    )


def supervisor_of(tmp_path: Path, specs: list[ChildSpec], said: list[str]) -> Supervisor:
    folder = DataFolder(tmp_path)
    folder.prepare()
    return Supervisor(
        specs,
        folder,
        clock=SystemClock(),
        rng=random.Random(1),
        announce=said.append,
        changed=lambda: None,
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def pid_of(supervisor: Supervisor, index: int = 0) -> int:
    run = supervisor.children[index].run
    assert run is not None
    return run.pid


async def test_children_start_together_and_are_ready(tmp_path: Path) -> None:
    supervisor = supervisor_of(tmp_path, [web_server("one"), web_server("two")], [])
    await supervisor.start()
    pids = [pid_of(supervisor, 0), pid_of(supervisor, 1)]
    assert [child.state for child in supervisor.children] == ["ready", "ready"]
    await supervisor.stop()
    assert [child.state for child in supervisor.children] == ["stopped", "stopped"]
    assert all(gone(pid) for pid in pids)


async def test_a_killed_child_is_started_again_with_a_line_that_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = supervisor_of(tmp_path, [web_server()], said)
    await supervisor.start()
    first = pid_of(supervisor)
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(said) == 2)
    assert said[0].startswith("web: ended by SIGKILL, starting again in ")
    assert said[1] == f"web: ready again, pid {pid_of(supervisor)}"
    assert pid_of(supervisor) != first
    assert supervisor.children[0].restarts == 1
    await supervisor.stop()


async def test_a_child_that_cannot_start_ends_the_start_with_its_last_words(
    tmp_path: Path,
) -> None:
    broken = ChildSpec(
        name="engine",
        module="no_such_module",
        arguments=(),
        environment=MACHINE,
        port=free_port(),
        ready_path="/",
    )
    supervisor = supervisor_of(tmp_path, [web_server(), broken], [])
    with pytest.raises(Misconfigured, match=r"starting engine: ended with code 1(?s:.)*No module"):
        await supervisor.start()
    await supervisor.stop()
    assert supervisor.children[0].run is None


async def test_stopping_while_a_child_waits_for_its_next_start_is_quick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.supervise.limits.RESTART_MS_BASE", 60_000)
    monkeypatch.setattr("local.supervise.limits.STOP_GRACE_MS", 60_000)
    said: list[str] = []
    supervisor = supervisor_of(tmp_path, [web_server()], said)
    await supervisor.start()
    os.kill(pid_of(supervisor), signal.SIGKILL)
    await until(lambda: bool(said))
    async with asyncio.timeout(5):
        await supervisor.stop()
    assert len(said) == 1


async def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deaf.py").write_text(
        "import runpy, signal, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "runpy.run_module('http.server', run_name='__main__', alter_sys=True)\n"
    )
    spec = web_server()
    environment = {**MACHINE, "PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    deaf = ChildSpec(
        name="deaf",
        module="deaf",
        arguments=spec.arguments,
        environment=environment,
        port=spec.port,
        ready_path=spec.ready_path,
    )
    monkeypatch.setattr("local.supervise.limits.STOP_GRACE_MS", 100)
    supervisor = supervisor_of(tmp_path / "data", [deaf], [])
    await supervisor.start()
    pid = pid_of(supervisor)
    async with asyncio.timeout(10):
        await supervisor.stop()
    assert gone(pid)


async def test_a_child_ends_when_the_one_who_started_it_is_gone() -> None:
    """The other end of standard input is all that the portable half of the launcher needs."""
    spec = web_server()
    command = [sys.executable, "-m", "local.supervise.launch", spec.module, *spec.arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.close()
    try:
        assert process.wait(20) == 1
    finally:
        process.kill()
