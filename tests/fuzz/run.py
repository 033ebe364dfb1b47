"""Names of targets and seconds in, each fuzzed in turn by atheris, a line of figures for each out.

`make fuzz` runs it: `python -m tests.fuzz.run [--seconds 60] [target ...]`. An input that breaks a
promise is kept in `tests/fuzz/corpus/<target>/`; exit code 1 says that there was one.
"""

import argparse
import hashlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.fuzz.catalog import (
    CORPUS,
    INPUT_MS_MAX,
    MEMORY_MB_MAX,
    TARGETS,
    kept_inputs,
    load,
)

ROOT: Final = Path(__file__).parents[2]
GROWN: Final = ROOT / "build" / "fuzz"  # what a run learned, so that the next one goes on from it
_START_S_MAX: Final = 120  # importing and instrumenting, on a busy machine
_FIGURES: Final = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+)")
_FAULT: Final = re.compile(
    r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Warning)\b.*|^==\d+== ERROR: .*"
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run of one target came to; `kept` is the file of the input that broke a promise."""

    executions: int = 0
    coverage: int = 0
    features: int = 0
    kept: Path | None = None
    fault: str = ""
    output: str = ""


def atheris_missing() -> str:
    """Return why nothing can be fuzzed here, or nothing."""
    if importlib.util.find_spec("atheris") is None:
        return "atheris is not installed: it has wheels for Linux on x86_64, Python 3.11 to 3.13"
    return ""


def fuzz(
    target: str, *, seconds: int, planted: str = "-", kept: Path = CORPUS, grown: Path = GROWN
) -> Findings:
    """Fuzz a target; keep the first input that breaks a promise, with seeds and kept ones first."""
    harness = load(target)
    corpus = grown / target
    corpus.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "seeds").mkdir()
        inputs = [*harness.SEEDS, *(path.read_bytes() for path in kept_inputs(target))]
        for number, seed in enumerate(inputs):
            (folder / "seeds" / f"{number:04d}").write_bytes(seed)
        (folder / "words").write_text("".join(map(_dictionary_line, harness.WORDS)))
        options = [
            f"-max_total_time={seconds}",
            f"-timeout={INPUT_MS_MAX // 1000}",
            f"-rss_limit_mb={MEMORY_MB_MAX}",
            f"-max_len={harness.BYTES_MAX}",
            f"-dict={folder / 'words'}",
            f"-artifact_prefix={folder}/found-",
            *("-print_final_stats=1", "-use_value_profile=1"),
            *(str(corpus), str(folder / "seeds")),
        ]
        output = _run([target, planted, *options], seconds + _START_S_MAX)
        found = sorted(folder.glob("found-*"))
        data = found[0].read_bytes() if found else None
    kept_as = None if data is None else _keep(kept / target, data)
    return _findings(output, kept_as)


def _run(arguments: Sequence[str], within_s: int) -> str:
    """Return what the child wrote; one that does not end is a finding without an input."""
    command = [sys.executable, "-m", "tests.fuzz.child", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return (late.output or b"").decode(errors="replace") + "\nTimeoutError: it did not end"
    output = done.stdout.decode(errors="replace")
    return output + (f"\nRuntimeError: exit code {done.returncode}" if done.returncode else "")


def _keep(folder: Path, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(data).hexdigest()[:12]}.bin"
    path.write_bytes(data)
    return path


def _findings(output: str, kept: Path | None) -> Findings:
    figures = _FIGURES.findall(output)
    executions, coverage, features = (int(text) for text in figures[-1]) if figures else (0, 0, 0)
    total = re.search(r"stat::number_of_executed_units: (\d+)", output)
    faults = [line for line in output.splitlines() if _FAULT.match(line.strip())]
    return Findings(
        int(total[1]) if total else executions,
        coverage,
        features,
        kept,
        faults[0].strip() if faults else "",
        output,
    )


def _dictionary_line(word: bytes) -> str:
    """Return a word as libFuzzer's dictionaries have it: every byte in hexadecimal."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    given = parser.parse_args()
    if unknown := sorted(set(given.targets) - set(TARGETS)):
        parser.error(f"no target {', '.join(unknown)}: there are {', '.join(TARGETS)}")
    if missing := atheris_missing():
        sys.stderr.write(f"{missing}\n")
        return 3
    failed = 0
    _say(f"{'target':12} {'executions':>12} {'per s':>8} {'coverage':>9} {'features':>9}  found")
    for target in given.targets or TARGETS:
        found = fuzz(target, seconds=given.seconds)
        _say(
            f"{target:12} {found.executions:12,} {found.executions / given.seconds:8,.0f}"
            f" {found.coverage:9,} {found.features:9,}  {found.fault or 'nothing'}"
        )
        if found.fault:
            failed += 1
            sys.stderr.write(found.output[-4_000:] + "\n")
        if found.kept is not None:
            _say(f"  kept: {found.kept.relative_to(ROOT)}; see it again: {_again(target)}")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _again(target: str) -> str:
    return f"python -m pytest tests/fuzz/test_corpus.py -k {target}"


if __name__ == "__main__":
    sys.exit(main())
