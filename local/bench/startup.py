"""`cube up` from nothing to ready, and again over the data folder that it left."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from core.errors import ServiceRefused
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from local.bench.system import free_port, run_cube
from local.cli.clients import environment


def measure(options: BenchOptions) -> list[Measurement]:
    """Return the time until `cube up --detach` returns, the interpreter's own start included."""
    clean = {
        name: value
        for name, value in environment().items()
        if not name.startswith(("AWS_", "CUBE_"))
    }
    with tempfile.TemporaryDirectory(prefix="cube-bench-") as folder:
        data = Path(folder) / "cube"
        return [
            Measurement("startup.new_folder", _start(data, options, clean), "s"),
            Measurement("startup.old_folder", _start(data, options, clean), "s"),
        ]


def _start(data: Path, options: BenchOptions, clean: Mapping[str, str]) -> float:
    names = ("--aws-port", "--dashboard-port", "--warehouse-port")
    ports = [word for name in names for word in (name, str(free_port()))]
    shards = ["--shards", str(options.shards)] if options.shards else []
    started = time.perf_counter()
    outcome = run_cube(["up", "--detach", "--data", str(data), *ports, *shards], clean)
    took_s = time.perf_counter() - started
    run_cube(["down", "--data", str(data)], clean)
    if outcome.returncode:
        raise ServiceRefused(f"measuring start-up: {outcome.stderr.strip()}")
    return took_s
