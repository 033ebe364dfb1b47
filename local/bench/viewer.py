"""A dashboard's address in, each total it pushes and when: a viewer without a screen."""

import http.client
import json
import threading
from typing import Final
from urllib.parse import urlsplit

from core.clock import Clock

_DATA: Final = b"data:"
_TIMEOUT_S: Final = 30


class Viewer:
    """Reads the event stream of the default poll on a thread of its own."""

    def __init__(self, dashboard: str, *, clock: Clock) -> None:
        self._clock = clock
        self._connection = http.client.HTTPConnection(
            urlsplit(dashboard).netloc, timeout=_TIMEOUT_S
        )
        self._connection.request("GET", "/api/stream")
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, "the dashboard streams the default poll"
        self.received: list[tuple[int, int]] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped and (line := self._answer.readline()):
            if line.startswith(_DATA):
                now_ms = self._clock.now_ms()
                total = json.loads(line.removeprefix(_DATA)).get("total")
                if total is not None:
                    self.received.append((now_ms, int(total)))

    def has(self, total: int) -> bool:
        return bool(self.received) and self.received[-1][1] >= total

    def close(self) -> None:
        """End with the next event that comes."""
        self._stopped = True


def latency_histogram(
    offered: list[tuple[int, int]], received: list[tuple[int, int]]
) -> dict[int, int]:
    """Return votes by the ms between their press and the first total that includes them.

    Both lists hold (epoch ms, running total). A total includes a vote when it has reached the
    number of votes pressed up to then; the votes of a tick are as late as its last one.
    """
    votes: dict[int, int] = {}
    at = 0
    before = 0
    for pressed_ms, total in offered:
        while at < len(received) and received[at][1] < total:
            at += 1
        if at == len(received):
            break
        latency_ms = max(0, received[at][0] - pressed_ms)
        if total > before:
            votes[latency_ms] = votes.get(latency_ms, 0) + total - before
        before = total
    return votes


def exact_quantile(votes: dict[int, int], q: float) -> float:
    """Return the q-quantile of a histogram by millisecond."""
    rank = q * sum(votes.values())
    seen = 0
    for latency_ms in sorted(votes):
        seen += votes[latency_ms]
        if seen >= rank:
            return float(latency_ms)
    return 0.0
