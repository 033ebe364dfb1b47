"""Words in, the local engine's services on a port of 127.0.0.1 out, with nothing that consumes.

`python -m tests.kcl.engine --data DIR --shards N` says on standard output which port it has; it
ends on SIGTERM. It is the drawing's stream, table and bucket without functions and mappings.
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from core.clock import SystemClock
from core.settings import Settings
from local.engine import EngineOptions, open_world
from local.supervise.folder import DataFolder
from local.wire import build_app, serve


async def run(data: Path, shards: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = Settings()
    folder = DataFolder(data)
    folder.prepare()
    options = EngineOptions(data=data, aws_port=0, shards=shards)
    world = open_world(options, folder, SystemClock(), settings)
    try:
        world.create(settings)
        app = build_app(world.services(), clock=world.clock)
        await serve(app, port=0, ready=say_ready, stop=stop.wait)
        await app.close()
    finally:
        world.close()


def say_ready(port: int) -> None:
    print(json.dumps({"port": port}), flush=True)  # noqa: T201 - its one message


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--shards", type=int, required=True)
    words = parser.parse_args()
    asyncio.run(run(words.data, words.shards))
