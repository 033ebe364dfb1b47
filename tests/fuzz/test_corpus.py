"""Every seed, and every input that once found something, through its harness: nothing is broken."""

import ast
from pathlib import Path

import pytest

from core.clock import SystemClock
from tests.fuzz.catalog import CORPUS, INPUT_MS_MAX, TARGETS, kept_inputs, load


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_fed_before_keeps_the_promise(target: str) -> None:
    harness, clock = load(target), SystemClock()
    inputs = [(f"seed {number}", seed) for number, seed in enumerate(harness.SEEDS)]
    inputs += [(path.name, path.read_bytes()) for path in kept_inputs(target)]
    for name, data in inputs:
        started_ms = clock.monotonic_ms()
        harness.one_input(data)
        took_ms = clock.monotonic_ms() - started_ms
        assert took_ms < INPUT_MS_MAX, f"{name} took {took_ms} ms"


@pytest.mark.parametrize("target", TARGETS)
def test_an_input_of_any_length_is_whole(target: str) -> None:
    """A harness reads zeros past the end, so that the fuzzer may begin with nothing."""
    harness = load(target)
    for data in (b"", b"\0", b"\xff", bytes(range(256))):
        harness.one_input(data)


@pytest.mark.parametrize("target", TARGETS)
def test_a_seed_is_no_longer_than_what_the_fuzzer_makes(target: str) -> None:
    harness = load(target)
    assert len(harness.SEEDS) >= 4
    assert max(map(len, harness.SEEDS)) <= harness.BYTES_MAX
    assert all(1 <= len(word) <= 64 for word in harness.WORDS), "libFuzzer takes no longer ones"


def test_kept_inputs_belong_to_targets() -> None:
    folders = {path.name for path in CORPUS.iterdir() if path.is_dir()}
    assert folders <= set(TARGETS)
    assert len([path for target in TARGETS for path in kept_inputs(target)]) >= 5


def test_the_child_imports_nothing_that_it_is_to_instrument() -> None:
    """What is imported before atheris looks has no coverage, and the fuzzer would be blind."""
    tree = ast.parse((Path(__file__).parent / "child.py").read_text())
    names = {
        name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= {"importlib", "logging", "sys", "tempfile", "pathlib"}
