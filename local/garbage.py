"""A process that has loaded what it needs in, one that looks for garbage less often out.

What is loaded (modules, botocore's models, a grammar) stays for ever: it is taken out of what the
collector walks. What a request makes is freed by its reference counts; only cycles wait for the
collector, and few of them are made. Together that was a tenth of the engine's time.
"""

import gc
from typing import Final

YOUNG_OBJECTS_MAX: Final = 50_000  # containers that may have come since the last look: a few MB


def settle() -> None:
    """Take everything that lives now for permanent; call when a process is ready to work."""
    gc.collect()
    gc.freeze()
    _, older, oldest = gc.get_threshold()
    gc.set_threshold(YOUNG_OBJECTS_MAX, older, oldest)
