"""A folder in, a true `cube up` in it out, with every part of it by its process id."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import PortTaken, ServiceRefused
from local.bench.system import free_port
from local.chaos import limits
from local.cli.wait import wait_until
from local.consumers import engine_status
from local.supervise.folder import DataFolder
from local.supervise.instance import ChildState, Instance
from local.supervise.port import check_free


class System:
    """One data folder, three ports, and `cube up` on them; `environment` is what it runs in."""

    def __init__(self, data: Path, environment: Mapping[str, str], *, words: Sequence[str]) -> None:
        """Take ports from the operating system; `words` are further ones for `cube up`."""
        self.data = data
        self.folder = DataFolder(data)
        self.environment = {
            name: value
            for name, value in environment.items()
            if not name.startswith(("AWS_", "CUBE_"))
        }
        self.aws_port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.aws_port}"
        words = ["--shards", str(limits.SHARDS), *words]
        words += ["--aws-port", str(self.aws_port), "--warehouse-port", str(free_port())]
        self.up_words = [*words, "--dashboard-port", str(free_port())]

    def up(self) -> None:
        """Start everything; raise ServiceRefused with its words when it does not come up."""
        done = self.cube("up", "--detach", *self.up_words)
        if done.returncode:
            raise ServiceRefused(f"starting the system to strike: {done.stderr.strip()}")

    def end(self) -> None:
        """Stop everything, with whatever a strike left stopped going on first."""
        send(self.processes(), signal.SIGCONT)
        self.cube("down")

    def cube(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command of `cube` on this system to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=limits.COMMAND_S_MAX,
        )

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "local", words[0], "--data", str(self.data), *words[1:]]

    def instance(self) -> Instance | None:
        return Instance.read(self.folder)

    def supervisor(self) -> int:
        instance = self.instance()
        assert instance is not None, "it was started, and its supervisor lives"
        return instance.pid

    def child(self, name: str) -> ChildState:
        instance = self.instance()
        assert instance is not None, "it was started, and its supervisor lives"
        return next(child for child in instance.children if child.name == name)

    def child_pid(self, name: str) -> int:
        """Return a child's process, waiting while it is being started."""
        found: list[int] = []

        def ready() -> bool:
            child = self.child(name)
            if child.state == "ready" and child.pid is not None:
                found.append(child.pid)
            return bool(found)

        if not wait_until(ready, limits.FLOW_S_MAX):
            raise ServiceRefused(f"striking {name}: it does not come up")
        return found[0]

    def is_back(self, name: str, before: int) -> bool:
        """Return whether a child runs again as another process."""
        with suppress(AssertionError, StopIteration):
            child = self.child(name)
            return child.state == "ready" and child.pid not in (None, before)
        return False

    def is_gone(self) -> bool:
        """Return whether nothing holds the folder or the endpoint's port."""
        try:
            check_free(self.aws_port, "--aws-port")
        except PortTaken:
            return False
        return self.instance() is None

    def functions(self) -> dict[str, list[int]]:
        """Return the processes of each function; empty while the engine does not answer."""
        status: dict[str, Any] = engine_status(self.endpoint) or {}
        functions: dict[str, list[int]] = status.get("functions", {})
        return functions

    def processes(self) -> list[int]:
        """Return every process but the supervisor."""
        instance = self.instance()
        children = [child.pid for child in instance.children if child.pid] if instance else []
        return children + [pid for pids in self.functions().values() for pid in pids]

    def verdicts(self, wait_s: float) -> tuple[list[dict[str, Any]], str]:
        """Run `cube check --wait`; return what it said, line by line, and its error if any."""
        done = self.cube("check", "--json", "--wait", f"{wait_s:g}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        broken = any(not line["ok"] for line in lines)
        return lines, "" if broken or not done.returncode else done.stderr.strip()


def send(pids: Sequence[int], number: signal.Signals) -> None:
    """Signal processes by their id; one that is gone already is struck already."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
