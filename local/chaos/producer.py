"""A system in, the true `cube load` against it out: with its own outbox, killed and run again."""

import json
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import ServiceRefused
from local.chaos import limits
from local.chaos.system import System


class Producer:
    """One process that casts votes until it is told to stop; what it sealed is on disk."""

    def __init__(
        self,
        system: System,
        *,
        rate: float,
        outbox: Path,
    ) -> None:
        """Go to the system's own endpoint, until `go_to` names another."""
        self._system = system
        self._rate = rate
        self.outbox = outbox
        self.environment = dict(system.environment)
        self._said = outbox.with_name(outbox.name + ".said")
        self._process: subprocess.Popen[bytes] | None = None

    def go_to(self, endpoint: str) -> None:
        """Put votes on another endpoint from the next start on."""
        self.environment["AWS_ENDPOINT_URL"] = endpoint

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    def start(self, *words: str) -> None:
        """Cast votes, the unsent ones of an earlier run first."""
        self._said.parent.mkdir(parents=True, exist_ok=True)
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                self._system.command(*self.words(), *words),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def words(self) -> list[str]:
        words = ["load", "--json", "--rate", f"{self._rate:g}", "--devices", str(limits.DEVICES)]
        return [*words, "--outbox", str(self.outbox)]

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def finish(self) -> None:
        """Stop casting and send all that waits; raise ServiceRefused when some of it stays."""
        if self.runs:
            send_interrupt(self._process)
            self._wait()
        for _ in range(_TRIES):
            if self._left() == 0:
                return
            self.start("--votes", "0")
            self._wait()
        raise ServiceRefused(f"draining the producer: {self.last_words()}")

    def _wait(self) -> None:
        assert self._process is not None, "it was started"
        try:
            self._process.wait(limits.DRAIN_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()

    def _left(self) -> int | None:
        """Return how many votes its last run left in the outbox, None when it did not say."""
        reports = [line for line in self._lines() if line.get("event") == "load.done"]
        code = self._process.returncode if self._process else None
        return reports[-1]["left"] if reports and code == 0 else None

    def _lines(self) -> Sequence[dict[str, Any]]:
        lines = self._said.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def said_bytes(self) -> int:
        """Return the size of the file that it writes its progress to."""
        return self._said.stat().st_size

    def last_words(self) -> str:
        lines = self._said.read_text(errors="replace").splitlines()
        return " / ".join(lines[-3:])

    def noted(self, reason: str) -> int:
        """Return how often it gave a reason for being slow, a line a second."""
        return sum(reason in line.get("note", "") for line in self._lines())


_TRIES = 3


def send_interrupt(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.send_signal(signal.SIGINT)
