"""Two clocks in, wall-clock milliseconds that never step backwards out."""

from core.clock import Clock


class SteadyClock:
    """Waits must not grow by an hour because somebody set the machine's clock back.

    Steps forward (a laptop that slept) are followed, so that ages stay right.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = clock.now_ms() - clock.monotonic_ms()

    def now_ms(self) -> int:
        monotonic_ms = self._clock.monotonic_ms()
        self._offset_ms = max(self._offset_ms, self._clock.now_ms() - monotonic_ms)
        return self._offset_ms + monotonic_ms
