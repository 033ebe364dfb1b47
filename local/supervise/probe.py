"""A port and a path in, whether something answers there with 200 out."""

import asyncio

from local.supervise.limits import PROBE_TIMEOUT_MS
from local.supervise.port import LOCALHOST


async def answers(port: int, path: str) -> bool:
    """Ask once; anything but "200" is no."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_MS / 1000):
            return await _ask(port, path)
    except (OSError, TimeoutError):
        return False


async def _ask(port: int, path: str) -> bool:
    reader, writer = await asyncio.open_connection(LOCALHOST, port)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {LOCALHOST}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        status = await reader.readline()
        return status.split()[1:2] == [b"200"]
    finally:
        writer.close()
