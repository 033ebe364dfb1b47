"""What a measurement may be asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions:
    """`rate` None: the bench's own. Benches that start a system use `seconds` and `shards`.

    `quick` measures fewer points, `python` is the interpreter that peers are installed for.
    """

    rate: float | None = None
    seconds: float | None = None
    shards: int | None = None
    viewers: int = 200
    pattern: str = "steady"
    devices: int = 10_000
    quick: bool = False
    python: str | None = None
