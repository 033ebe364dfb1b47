"""A function in, a warm process out that answers one invocation at a time: the engine's side."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from local.invoke import error_object
from local.invoke.frame import HEADER, Kind, encode_frame
from local.invoke.limits import CRASH_REAP_S, EXIT_S_MAX, INIT_S_MAX, PIPE_BUFFER_BYTES
from local.invoke.outcome import Outcome, OutcomeKind


class ProcessEnded(Exception):
    """The pipe ended: the process is gone, or about to be."""


class InitFailed(Exception):
    """No process can serve: `kind` and `payload` are those of the outcome."""

    def __init__(self, payload: bytes, kind: OutcomeKind = "function_error") -> None:
        super().__init__(payload.decode(errors="replace"))
        self.payload = payload
        self.kind = kind


class FunctionProcess:
    """One process; `alive` until it was killed, died or failed."""

    def __init__(self, function_name: str, popen: subprocess.Popen[bytes], pipe: socket.socket):
        self.function_name = function_name
        self.idle_since_ms = 0
        self._popen = popen
        self._pipe = pipe

    @classmethod
    def spawn(
        cls, function_name: str, environment: Mapping[str, str], log_path: Path
    ) -> "FunctionProcess":
        """Start the process; call from the thread whose end shall be the process's end."""
        ours, theirs = socket.socketpair()
        for side in (ours, theirs):
            side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIPE_BUFFER_BYTES)
        ours.setblocking(False)
        descriptor = theirs.fileno()
        arguments = [str(descriptor), str(log_path), str(os.getpid())]
        with theirs, log_path.open("ab") as log:
            popen = subprocess.Popen(
                [sys.executable, "-m", "local.invoke.worker", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment),
                pass_fds=[descriptor],
                start_new_session=True,  # Ctrl-C in a terminal is for the engine alone
            )
        return cls(function_name, popen, ours)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    async def ready(self) -> None:
        """Wait until the handler is loaded; raise InitFailed when that fails or takes too long."""
        try:
            async with asyncio.timeout(INIT_S_MAX):
                kind, body = await self._receive()
        except (ProcessEnded, TimeoutError) as error:
            code = await self.end()
            raise InitFailed(error_object.process_ended(code, "")) from error
        if kind is Kind.INIT_ERROR:
            await self.end()
            raise InitFailed(body)

    async def call(self, payload: bytes, *, request_id: str, timeout_s: float) -> Outcome:
        """Run one invocation; a process that outlives its deadline, or our patience, is killed."""
        head = msgspec.json.encode(
            {"request_id": request_id, "timeout_ms": round(timeout_s * 1_000)}
        )
        try:
            async with asyncio.timeout(timeout_s):
                kind, body = await self._exchange(head, payload)
        except TimeoutError:
            self.close()
            payload = error_object.timed_out(timeout_s, request_id)
            return Outcome("function_error", payload, request_id)
        except ProcessEnded:
            code = await self.end(within_s=CRASH_REAP_S)
            payload = error_object.process_ended(code, request_id)
            return Outcome("function_error", payload, request_id)
        except BaseException:  # cancelled: the answer would come into the next invocation
            self.close()
            raise
        return Outcome("ok" if kind is Kind.RESULT else "function_error", body, request_id)

    def kill(self) -> None:
        """End the process at once, whatever it does, and what it started.

        A `call` under way sees the pipe end and answers; else `close` has to follow.
        """
        if self.alive:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()

    def close(self) -> None:
        """Kill the process, if it lives, and close its pipe; no call may be under way."""
        self.kill()
        self._pipe.close()

    async def end(self, *, within_s: float = EXIT_S_MAX) -> int:
        """Let the process end by itself, for a while; return its exit code."""
        with contextlib.suppress(OSError):
            self._pipe.shutdown(socket.SHUT_RDWR)
        deadline_s = asyncio.get_running_loop().time() + within_s
        while self.alive and asyncio.get_running_loop().time() < deadline_s:
            await asyncio.sleep(0.005)
        self.close()
        return self._popen.returncode

    async def _exchange(self, head: bytes, payload: bytes) -> tuple[Kind, bytes]:
        loop = asyncio.get_running_loop()
        try:
            start = encode_frame(Kind.INVOKE, head, len(payload))
            if len(payload) < PIPE_BUFFER_BYTES // 16:  # a copy is cheaper than a second write
                await loop.sock_sendall(self._pipe, start + payload)
            else:
                await loop.sock_sendall(self._pipe, start)
                await loop.sock_sendall(self._pipe, payload)
        except OSError as error:
            raise ProcessEnded from error
        return await self._receive()

    async def _receive(self) -> tuple[Kind, bytes]:
        kind, head_bytes, body_bytes = HEADER.unpack(await self._receive_exactly(HEADER.size))
        assert head_bytes == 0, "answers have no head"
        return Kind(kind), bytes(await self._receive_exactly(body_bytes))

    async def _receive_exactly(self, size: int) -> bytearray:
        buffer = bytearray(size)
        view, filled = memoryview(buffer), 0
        loop = asyncio.get_running_loop()
        while filled < size:
            try:
                count = await loop.sock_recv_into(self._pipe, view[filled:])
            except OSError as error:
                raise ProcessEnded from error
            if count == 0:
                raise ProcessEnded
            filled += count
        return buffer
