"""Nothing in, the address of a process that answers PutRecords and keeps nothing out."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_HEAD_END = b"\r\n\r\n"


@contextmanager
def sink() -> Iterator[str]:
    """Yield an endpoint; a process of its own, so that it costs the measured one nothing."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local.bench.sink"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Serve until standard input ends: with the process that started this one."""
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)  # noqa: T201 - tells the parent the port
    threading.Thread(target=_accept, args=(server,), daemon=True).start()
    sys.stdin.read()


def _accept(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    while request := _read_request(connection):
        outcome = {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}
        outcomes = [outcome] * request.count(b'"PartitionKey"')
        body = json.dumps({"FailedRecordCount": 0, "Records": outcomes}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        connection.sendall(head + body)


def _read_request(connection: socket.socket) -> bytes:
    """Return a request's body, empty when the connection has ended."""
    data = bytearray()
    while _HEAD_END not in data:
        if not (part := connection.recv(65_536)):
            return b""
        data += part
    head, _, body = bytes(data).partition(_HEAD_END)
    lines = head.lower().split(b"\r\n")
    length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
    parts = [body]
    left = length - len(body)
    while left > 0:
        parts.append(connection.recv(min(left, 1 << 20)))
        if not parts[-1]:
            return b""
        left -= len(parts[-1])
    return b"".join(parts)


if __name__ == "__main__":
    main()
