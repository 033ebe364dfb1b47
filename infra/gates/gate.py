"""Templates in, every gate's findings and the seconds it took out."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from core.clock import Clock
from infra.gates.alarm import check_alarms, check_metrics
from infra.gates.drawn import Drawn, read
from infra.gates.encryption import check_encryption
from infra.gates.finding import Finding
from infra.gates.policy import check_wildcards
from infra.gates.programs import cfn_lint, checkov, sam_validate, write
from infra.gates.role import check_roles
from infra.gates.wiring import check_failures, check_logs

Rule = Callable[[Drawn], Iterator[Finding]]
RULES: Final[dict[str, Rule]] = {
    "wildcard": check_wildcards,
    "role": check_roles,
    "encryption": check_encryption,
    "log": check_logs,
    "failure": check_failures,
    "alarm": check_alarms,
    "metric": check_metrics,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What one gate found in all templates."""

    gate: str
    asks: str
    findings: tuple[Finding, ...]
    took_s: float


_ASKS: Final = {
    "sam validate": "the source is SAM's",
    "cfn-lint": "types, properties, values, references",
    "checkov": "nothing public, open or not encrypted",
    "wildcard": "no role may do anything on everything",
    "role": "each role: what its code and wires need, no more",
    "encryption": "one key for all data, and its users may use it",
    "log": "every function logs to a group that forgets",
    "failure": "what is given up goes somewhere",
    "alarm": "every alarm tells somebody something",
    "metric": "every metric that is watched exists",
}


def run_gates(sources: Sequence[Path], clock: Clock) -> list[Report]:
    """Run every gate on templates of files; raise Misconfigured where one cannot run."""
    with tempfile.TemporaryDirectory(prefix="cube-gates-") as name, ThreadPoolExecutor() as pool:
        folder = Path(name)
        drawn = [read(source) for source in sources]
        paths = [write(each, folder) for each in drawn]
        programs: dict[str, Callable[[], Iterable[Finding]]] = {
            "sam validate": lambda: [
                finding for source in sources for finding in sam_validate(source, folder)
            ],
            "cfn-lint": lambda: _flat(cfn_lint(paths, folder)),
            "checkov": lambda: _flat(checkov(paths, folder)),
        }
        waiting = [pool.submit(_timed, gate, run, clock) for gate, run in programs.items()]
        own = [
            _timed(gate, partial(_everywhere, rule, drawn), clock) for gate, rule in RULES.items()
        ]
        return [each.result() for each in waiting] + own


def _timed(gate: str, run: Callable[[], Iterable[Finding]], clock: Clock) -> Report:
    started_ms = clock.monotonic_ms()
    findings = tuple(run())
    return Report(gate, _ASKS[gate], findings, (clock.monotonic_ms() - started_ms) / 1000)


def _everywhere(rule: Rule, drawn: Sequence[Drawn]) -> list[Finding]:
    return [finding for each in drawn for finding in rule(each)]


def _flat(found: dict[Path, list[Finding]]) -> list[Finding]:
    return [finding for findings in found.values() for finding in findings]
