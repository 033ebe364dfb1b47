"""An ASGI app and a port in, HTTP/1.1 and HTTP/2 (prior knowledge) on 127.0.0.1 out."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

from hypercorn.asyncio import serve as serve_hypercorn
from hypercorn.config import Config

from core.errors import PortTaken
from local.wire.limits import KEEP_ALIVE_S

HOST: Final = "127.0.0.1"
BACKLOG: Final = 1_024  # clients that connect while the engine starts wait, they are not refused


async def serve(
    app: Any,
    *,
    port: int,
    ready: Callable[[int], None],
    stop: Callable[[], Awaitable[Any]],
) -> None:
    """Serve until `stop()` returns, then let requests under way end.

    `ready` is called with the port (0: a free one is taken) when clients can connect. Raises
    PortTaken before anything is served.
    """
    listener = listen(port)
    ready(listener.getsockname()[1])
    await serve_hypercorn(app, http_config(listener.detach()), shutdown_trigger=stop)


def listen(port: int) -> socket.socket:
    """Return a listening socket; raises PortTaken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(f"opening port {port}: {error.strerror}") from error
    return listener


def http_config(listener_fd: int) -> Config:
    """Return Hypercorn's settings; the descriptor now belongs to the server."""
    config = Config()
    config.bind = [f"fd://{listener_fd}"]
    config.backlog = BACKLOG
    config.loglevel = "WARNING"
    config.include_server_header = False
    config.keep_alive_timeout = KEEP_ALIVE_S
    config.keep_alive_max_requests = 2**62  # a producer's connection lives as long as it does
    config.graceful_timeout = 1.0
    return config
