"""An attempt number in, a waiting time out: exponential back-off with full jitter."""

import random


def full_jitter_ms(rng: random.Random, *, attempt: int, base_ms: int, cap_ms: int) -> int:
    """Draw a wait from [0, min(cap, base * 2^attempt)] milliseconds; `attempt` counts from 0.

    Full jitter spreads callers best: AWS Architecture Blog, "Exponential Backoff And Jitter".
    """
    ceiling_ms = min(cap_ms, base_ms << min(attempt, 20))
    return rng.randrange(ceiling_ms + 1)
