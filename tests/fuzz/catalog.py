"""A target's name in, its harness out: what is fed, with which words, and how large.

A harness is a module of `tests/fuzz/targets/` with `one_input(data)`, which raises only where a
promise is broken, `SEEDS` to start from, and `WORDS` that its input language is made of.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, cast

FOLDER: Final = Path(__file__).parent
CORPUS: Final = FOLDER / "corpus"  # inputs that found something, kept for ever
TARGETS: Final = tuple(sorted(path.stem for path in (FOLDER / "targets").glob("*.py")))
INPUT_MS_MAX: Final = 5_000  # a sound input takes a few milliseconds; this is a hang
MEMORY_MB_MAX: Final = 2_048  # of a whole run, DuckDB and the fuzzer's tables included
OURS: Final = (
    *("core", "producers", "processors", "firehose_transforms", "dashboard", "infra", "local"),
)


class Harness(Protocol):
    """What each module of `targets/` has."""

    SEEDS: Sequence[bytes]
    WORDS: Sequence[bytes]
    BYTES_MAX: int

    def one_input(self, data: bytes) -> None: ...


def load(name: str) -> Harness:
    """Import a harness; raise ModuleNotFoundError for a name that is no target."""
    return cast(Harness, importlib.import_module(f"tests.fuzz.targets.{name}"))


def kept_inputs(name: str) -> list[Path]:
    """Return the files of inputs that found something in a target."""
    return sorted((CORPUS / name).glob("*.bin"))
