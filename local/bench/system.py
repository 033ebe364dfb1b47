"""Options in, a `cube up` of its own in a folder of its own out, gone afterwards."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ServiceRefused
from local.supervise.folder import DataFolder
from local.supervise.instance import Instance

_START_S_MAX = 60


@dataclass(frozen=True, slots=True)
class System:
    """A running system. `pids` are its processes by name."""

    data: Path
    endpoint: str
    dashboard: str | None
    warehouse_port: int | None
    environment: Mapping[str, str]

    def cube(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `cube` on this system."""
        return run_cube([*arguments, "--data", str(self.data)], self.environment)

    def pids(self) -> dict[str, int]:
        """Return its processes now: a worker that was replaced has another pid."""
        status: dict[str, Any] = json.loads(self.cube("status", "--json").stdout)
        pids = {child["name"]: child["pid"] for child in status["children"] if child["pid"]}
        functions = ((status.get("engine") or {}).get("functions") or {}).items()
        for function, workers in functions:
            pids |= {f"{function}-{number}": pid for number, pid in enumerate(workers)}
        return pids


@contextmanager
def running(
    environment: Mapping[str, str],
    *,
    shards: int | None,
    dashboard: bool,
    history: bool = False,
    trend: bool = False,
    more: Sequence[str] = (),
) -> Iterator[System]:
    """Start what is asked for on free ports; raise ServiceRefused with its words if it cannot.

    `trend` runs the second consumer as well; `more` are further words for `cube up`.
    """
    environment = {
        name: value for name, value in environment.items() if not name.startswith(("AWS_", "CUBE_"))
    }
    with tempfile.TemporaryDirectory(prefix="cube-bench-") as folder:
        data = Path(folder) / "cube"
        arguments = ["up", "--detach", "--aws-port", str(free_port())]
        arguments += ["--dashboard-port", str(free_port())] if dashboard else ["--no-dashboard"]
        arguments += ["--warehouse-port", str(free_port())] if history else ["--no-history"]
        arguments += [] if trend else ["--no-trend"]
        arguments += ["--shards", str(shards)] if shards else []
        arguments += more
        started = run_cube([*arguments, "--data", str(data)], environment)
        try:
            instance = Instance.read(DataFolder(data))
            if started.returncode or instance is None:
                raise ServiceRefused(f"starting the system to measure: {started.stderr.strip()}")
            yield System(
                data, instance.endpoint, instance.dashboard, instance.warehouse_port, environment
            )
        finally:
            run_cube(["down", "--data", str(data)], environment)


def run_cube(
    arguments: list[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        env=dict(environment),
        cwd=Path.cwd(),
        capture_output=True,
        text=True,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_s(pid: int) -> float:
    """Return the processor time a process has used, 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return the memory a process holds, 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
