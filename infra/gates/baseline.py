"""Findings and the baseline in, what nobody accepted and acceptances of nothing out."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import Misconfigured
from infra.gates.finding import Finding

FILE: Final = Path(__file__).with_name("baseline.toml")
REASON_CHARS_MIN: Final = 20  # "wontfix" is no reason


@dataclass(frozen=True, slots=True)
class Accepted:
    """A check that some resources may break, and why."""

    tool: str
    check: str
    resources: tuple[str, ...]
    reason: str


def read_baseline(path: Path = FILE) -> tuple[Accepted, ...]:
    """Return the entries; raise Misconfigured for one without a reason, or with other words."""
    entries = []
    for number, entry in enumerate(tomllib.loads(path.read_text()).get("accepted", []), 1):
        if entry.keys() != {"tool", "check", "resources", "reason"}:
            raise Misconfigured(
                f"reading {path.name}: entry {number} needs tool, check, resources and reason"
            )
        if len(entry["reason"]) < REASON_CHARS_MIN:
            raise Misconfigured(f"reading {path.name}: entry {number} gives no reason")
        entry["resources"] = tuple(entry["resources"])
        entries.append(Accepted(**entry))
    return tuple(entries)


def left_over(findings: Iterable[Finding], accepted: Iterable[Accepted]) -> list[Finding]:
    """Return what is not accepted, and a finding of its own for each acceptance nobody needs."""
    known = {
        (entry.tool, entry.check, resource) for entry in accepted for resource in entry.resources
    }
    met: set[tuple[str, str, str]] = set()
    left: list[Finding] = []
    for finding in sorted(findings):
        place = (finding.tool, finding.check, finding.resource)
        if place in known:
            met.add(place)
        else:
            left.append(finding)
    for tool, check, resource in sorted(known - met):
        text = f"{tool} {check} is not found there any more: take it out of {FILE.name}"
        left.append(Finding("own", "baseline", resource, text))
    return left
