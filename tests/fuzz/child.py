"""A target's name and libFuzzer's options in, a fuzzing run by atheris out; ends as libFuzzer does.

Started by `tests.fuzz.run`, in a process of its own: the modules under test are instrumented while
they are imported, so none of them may have been imported before.
"""

import importlib
import logging
import sys
import tempfile
from pathlib import Path

MEMORY_FOLDER = Path("/dev/shm")  # a folder in memory, where there is one


def main(arguments: list[str]) -> None:
    target, planted, *options = arguments
    atheris = importlib.import_module("atheris")
    catalog = importlib.import_module("tests.fuzz.catalog")
    logging.disable(logging.WARNING)
    with atheris.instrument_imports(include=list(catalog.OURS), enable_loader_override=False):
        harness = catalog.load(target)
    if planted != "-":
        importlib.import_module("tests.fuzz.plant").plant(planted)
    with tempfile.TemporaryDirectory(dir=MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None) as made:
        tempfile.tempdir = made
        atheris.Setup([f"fuzz-{target}", *options], harness.one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
