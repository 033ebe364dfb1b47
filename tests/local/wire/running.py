"""An ASGI app, or a folder, in, a real server on a free port in a thread of its own out."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.clock import SystemClock
from local.dynamodb import DynamoDbService
from local.kinesis import KinesisService
from local.s3 import S3Service
from local.wire import AwsApp, build_app, serve


@contextmanager
def running(app: AwsApp) -> Iterator[str]:
    """Yield the endpoint's address; stop and close the app at the end."""
    port: Future[int] = Future()
    stop: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        stopped = asyncio.Event()
        stop.set_result((asyncio.get_running_loop(), stopped))
        await serve(app, port=0, ready=port.set_result, stop=stopped.wait)
        await app.close()

    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port.result(timeout=10)}"
    finally:
        loop, stopped = stop.result(timeout=10)
        loop.call_soon_threadsafe(stopped.set)
        thread.join(timeout=20)
        assert not thread.is_alive(), "the server stops when it is told to"
        assert not failures, failures


@contextmanager
def services_running(folder: Path) -> Iterator[str]:
    """Yield the address of the three services on an empty folder; the stream `votes` is there."""
    clock = SystemClock()
    (folder / "kinesis").mkdir()
    kinesis = KinesisService(folder / "kinesis", clock)
    dynamodb = DynamoDbService(folder / "tables.sqlite", clock)
    s3 = S3Service(folder / "objects", clock)
    kinesis.create_stream(StreamName="votes", ShardCount=2)
    try:
        with running(build_app({"kinesis": kinesis, "dynamodb": dynamodb, "s3": s3})) as url:
            yield url
    finally:
        kinesis.close()
        dynamodb.close()
        s3.close()


def credentials() -> dict[str, Any]:
    """Return what boto3 wants to have before it calls anything."""
    return {
        "region_name": "us-east-1",
        "aws_access_key_id": "any",
        "aws_secret_access_key": "any",
    }
