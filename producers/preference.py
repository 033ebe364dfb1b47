"""A seed and a time in, what the crowd likes just now out: weights drift, so leaders change."""

import math
import random
from typing import Final

TABLE_PICKS: Final = 4_096  # colours drawn at a time: sampled from, not used up
REDRAW_MS: Final = 500  # drift is slow: a table may be this old


class Preference:
    """Indices of a palette, drawn by weights that follow slow waves of the colour's own."""

    def __init__(self, rng: random.Random, colours: int, *, start_ms: int) -> None:
        self._rng = rng
        self._start_ms = start_ms
        self._waves = [
            (rng.uniform(40, 110), rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 1.0))
            for _ in range(colours)
        ]
        self._drawn_ms: int | None = None
        self._picks: list[int] = []

    def weights(self, now_ms: int) -> list[float]:
        """Return the colours' weights, each within a factor of e of 1."""
        elapsed_s = (now_ms - self._start_ms) / 1000
        return [
            math.exp(height * math.sin(2 * math.pi * elapsed_s / period_s + phase))
            for period_s, phase, height in self._waves
        ]

    def picks(self, now_ms: int) -> list[int]:
        """Return TABLE_PICKS palette indices, drawn by the weights of about now."""
        if self._drawn_ms is None or now_ms - self._drawn_ms >= REDRAW_MS:
            weights = self.weights(now_ms)
            self._picks = self._rng.choices(range(len(weights)), weights, k=TABLE_PICKS)
            self._drawn_ms = now_ms
        return self._picks
