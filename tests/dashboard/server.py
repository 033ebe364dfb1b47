"""An application in, a server on a free port out, that can be stopped and started again."""

import socket
import threading
from types import TracebackType
from typing import Any

import uvicorn

from dashboard.__main__ import Server

DEADLINE_S = 20


class RunningServer:
    """Uvicorn in a thread; `stop` then `start` is what viewers see of a restart."""

    def __init__(self, build: Any) -> None:
        self._build = build
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it listens."""
        self.app = self._build()
        listening = threading.Event()
        config = uvicorn.Config(
            self.app, port=self.port, log_level="error", lifespan="on", timeout_graceful_shutdown=2
        )

        class Announcing(Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                listening.set()

        self._server = Announcing(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert listening.wait(DEADLINE_S), "the dashboard did not start"

    def stop(self) -> None:
        """End it, streams first, and wait."""
        self._server.should_exit = True
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "the dashboard did not stop"

    def __enter__(self) -> "RunningServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
