"""Words on the command line in, the local engine serving AWS's APIs on one port out.

`python -m local.engine --data DIR --aws-port N` is a child of `cube up`. It says on standard
output when it is ready, and ends on SIGTERM once invocations under way are done.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hypercorn.asyncio import serve as serve_http

from core.clock import Clock, SystemClock
from core.errors import CubeError
from core.settings import Settings
from local import garbage
from local.disk_bound import DiskBound
from local.engine_state import EngineState, status_of
from local.machinery import Machinery, Sweep
from local.metrics import MetricsPage
from local.redshift_data import WarehouseAddress, driver_connect
from local.redshift_data.driver import Connect
from local.supervise.children import local_aws_environment, local_warehouse_environment
from local.supervise.folder import DataFolder, replace_file
from local.template import load
from local.wire import build_app, http_config, listen
from local.world import World

TEMPLATE: Final = Path(__file__).resolve().parents[1] / "infra" / "template.yaml"
DISK_BYTES_MAX: Final = 20_000_000_000

log = logging.getLogger("cube.engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What the engine was started with; None: as the template says.

    `warehouse_port` None: only the live path runs.
    """

    data: Path
    aws_port: int
    shards: int | None = None
    mode: str | None = None
    parallelization_factor: int | None = None
    max_disk_bytes: int = DISK_BYTES_MAX
    template: Path = TEMPLATE
    warehouse_port: int | None = None
    trend: bool = True

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"


def main() -> None:
    """Run the engine; end with the exit code of what stopped it."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=form)
    options = read_options(sys.argv[1:])
    environment = os.environ  # noqa: TID251 - entry point
    try:
        listener = listen(options.aws_port)  # first of all: whoever calls now waits in the queue
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run_engine(options, listener, environment, SystemClock()))
    except CubeError as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201 - the last words of a process
        sys.exit(error.exit_code)


def read_options(arguments: Sequence[str]) -> EngineOptions:
    parser = argparse.ArgumentParser(prog="python -m local.engine")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--aws-port", type=int, required=True, help="port of the AWS endpoint")
    parser.add_argument("--shards", type=int, help="shards of a new stream")
    parser.add_argument("--mode", help="ordered or fanout: the template's ProcessingMode")
    parser.add_argument("--parallelization-factor", type=int, help="of the mapping")
    parser.add_argument("--max-disk-bytes", type=int, default=DISK_BYTES_MAX)
    parser.add_argument("--template", type=Path, default=TEMPLATE, help="the drawing")
    parser.add_argument("--warehouse-port", type=int, help="the warehouse; without: live path only")
    parser.add_argument("--no-trend", dest="trend", action="store_false", help="tallies only")
    return EngineOptions(**vars(parser.parse_args(arguments)))


async def run_engine(
    options: EngineOptions,
    listener: socket.socket,
    environment: Mapping[str, str],
    clock: Clock,
) -> None:
    """Open, serve, start, say so; on SIGTERM the same backwards."""
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    settings = Settings.from_env(environment)
    folder = DataFolder(options.data)
    folder.prepare()
    world = open_world(options, folder, clock, settings)
    try:
        world.create(settings)
        base_environment = {
            **settings.to_env(),
            **local_aws_environment(options.endpoint),
            **local_warehouse_environment(options.warehouse_port),
        }
        machinery = Machinery(world, base_environment=base_environment)
        await _serve(world, machinery, listener, asked_to_stop, options)
    finally:
        world.close()


async def _serve(
    world: World,
    machinery: Machinery,
    listener: socket.socket,
    asked_to_stop: asyncio.Event,
    options: EngineOptions,
) -> None:
    """Answer on the port from before anything moves until after everything stands still."""
    state = EngineState(world, machinery)
    functions = [function.name for function in world.drawing.functions]
    page = MetricsPage(
        world.folder.functions / "logs", functions, status=lambda: status_of(world, machinery)
    )
    app = build_app(
        world.services(),
        invoker=machinery.pool,
        function_names=functions,
        routes={
            "status": state.status,
            "readyz": state.readyz,
            "pause": machinery.pausing.pause,
            "resume": machinery.pausing.resume,
        },
        metrics=page.text,
        clock=world.clock,
    )
    asgi: Any = app  # Hypercorn's own types name every event's every member
    stop_serving = asyncio.Event()
    serving = asyncio.create_task(
        serve_http(asgi, http_config(listener.detach()), shutdown_trigger=stop_serving.wait)
    )

    async def sweep() -> int:
        return await app.run("dynamodb", world.dynamodb.sweep_expired)

    def say_ready() -> None:
        state.ready = True
        garbage.settle()
        _say_ready(options, world.clock)

    try:
        await _move(machinery, sweep, asked_to_stop, say_ready)
    finally:  # invocations under way called the endpoint until here
        stop_serving.set()
        await serving
        await app.close()
        page.close()


def open_world(
    options: EngineOptions, folder: DataFolder, clock: Clock, settings: Settings
) -> World:
    parameters = {"HistoryLoad": settings.history_load}
    for name, chosen in (
        ("ShardCount", options.shards),
        ("ProcessingMode", options.mode),
        ("ParallelizationFactor", options.parallelization_factor),
    ):
        if chosen is not None:
            parameters[name] = str(chosen)
    disk = DiskBound(folder.root, options.max_disk_bytes)
    disk.measure()
    history = options.warehouse_port is not None
    drawing = load(options.template, parameters, folder.cache, history=history, trend=options.trend)
    warehouse = _warehouse(options, settings)
    return World(drawing, folder, clock, disk, warehouse=warehouse, endpoint=options.endpoint)


def _warehouse(options: EngineOptions, settings: Settings) -> Connect | None:
    if options.warehouse_port is None:
        return None
    address = WarehouseAddress(
        port=options.warehouse_port,
        user=settings.warehouse_user,
        password=settings.warehouse_password,
    )
    return driver_connect(address)


async def _move(
    machinery: Machinery,
    sweep: Sweep,
    asked_to_stop: asyncio.Event,
    say_ready: Callable[[], None],
) -> None:
    """Start what moves, be ready until asked to stop, let what is under way end."""
    starting = asyncio.create_task(machinery.start(sweep))
    waiting = asyncio.create_task(asked_to_stop.wait())
    try:
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            say_ready()
            await waiting
    finally:
        starting.cancel()
        waiting.cancel()
        await asyncio.gather(starting, waiting, return_exceptions=True)
        await machinery.stop()


def _say_ready(options: EngineOptions, clock: Clock) -> None:
    note: dict[str, Any] = {
        "event": "engine.ready",
        "pid": os.getpid(),
        "aws_port": options.aws_port,
        "ready_ms": clock.now_ms(),
    }
    line = json.dumps(note)
    replace_file(DataFolder(options.data).engine, line.encode())
    print(line, flush=True)  # noqa: T201 - who started the engine reads this line


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:  # not on this machine: asyncio's own loop does
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
