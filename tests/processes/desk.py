"""A folder in, the real `cube` in it out, started as people start it: for tests."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Tests must not meet a `cube` that somebody else runs on this machine.
_INHERITED = os.environ  # noqa: TID251 - children need what this process has
MACHINE = {name: value for name, value in _INHERITED.items() if not name.startswith("AWS_")}
TIMEOUT_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 30) -> None:
    """Look until it is true; fail with `what` when time is up."""
    deadline = time.monotonic() + timeout_s  # noqa: TID251 - a test's own deadline
    while not condition():
        late = time.monotonic() >= deadline  # noqa: TID251 - as above
        assert not late, f"not within {timeout_s} s: {what}"
        threading.Event().wait(0.03)


def alive(pid: int) -> bool:
    """Return whether a process runs; one that ended and waits for its parent does not."""
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(told.stdout.strip()) and not told.stdout.strip().startswith("Z")


class Desk:
    """One data folder, three ports, and whatever was started on them."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.aws_port = free_port()
        self.dashboard_port = free_port()
        self.warehouse_port = free_port()
        self.started: list[subprocess.Popen[str]] = []

    def run(self, *words: str, timeout_s: float = TIMEOUT_S) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            self._command(*words),
            env=MACHINE,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start one command and go on; it is ended with the test."""
        process = subprocess.Popen(
            self._command(*words),
            env=MACHINE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def up_words(self, *more: str, dashboard: bool = False, history: bool = False) -> list[str]:
        words = ["up", "--aws-port", str(self.aws_port), *more]
        words += ["--dashboard-port", str(self.dashboard_port)] if dashboard else ["--no-dashboard"]
        return words + self.history_words(history=history)

    def history_words(self, *, history: bool = True) -> list[str]:
        return ["--warehouse-port", str(self.warehouse_port)] if history else ["--no-history"]

    def up(self, *more: str, dashboard: bool = False, history: bool = False) -> None:
        """Start the system in the background; it is ready when this returns."""
        words = self.up_words("--detach", *more, dashboard=dashboard, history=history)
        done = self.run(*words)
        assert done.returncode == 0, done.stderr

    def down(self) -> subprocess.CompletedProcess[str]:
        return self.run("down")

    def status(self) -> dict[str, Any]:
        done = self.run("status", "--json")
        assert done.returncode == 0, done.stderr
        status: dict[str, Any] = json.loads(done.stdout)
        return status

    def child(self, name: str) -> dict[str, Any]:
        (child,) = (child for child in self.status()["children"] if child["name"] == name)
        return dict(child)

    def tally(self, poll: str = "cube") -> dict[str, Any]:
        done = self.run("tally", "--poll", poll, "--json")
        assert done.returncode == 0, done.stderr
        tally: dict[str, Any] = json.loads(done.stdout)
        return tally

    def check(self) -> dict[str, dict[str, Any]]:
        """Wait until all is drained, check, and demand that everything balances."""
        done = self.run("check", "--json", "--wait", "40", timeout_s=90)
        verdicts = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
        assert done.returncode == 0, (done.stderr, verdicts)
        return verdicts

    def pids(self) -> list[int]:
        """Return every process that has this desk's folder or ports on its command line."""
        listed = subprocess.run(
            ["ps", "-axwwo", "pid=,stat=,command="], capture_output=True, text=True, check=True
        ).stdout
        marks = (str(self.data), f"--port {self.dashboard_port}")
        return [
            int(line.split()[0])
            for line in listed.splitlines()
            if any(mark in line for mark in marks) and not line.split()[1].startswith("Z")
        ]

    def nothing_left(self, *, but: int | None = None) -> None:
        """Wait until no process of this desk is left, `but` one."""
        wait_until(lambda: not set(self.pids()) - {but}, "no process is left", timeout_s=20)

    def gone(self, pids: list[int]) -> None:
        """Wait until none of these processes is left."""
        wait_until(lambda: not any(map(alive, pids)), "these processes are gone", timeout_s=20)

    def end(self) -> None:
        """End whatever is left, by its pid."""
        if self.data.exists():
            self.run("down")
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)

    def _command(self, *words: str) -> list[str]:
        group = words[:2] if words[0] == "poll" else words[:1]
        rest = words[len(group) :]
        return [sys.executable, "-m", "local", *group, "--data", str(self.data), *rest]
