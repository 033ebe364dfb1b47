"""Templates with one fault planted in one resource: what the gates have to find (faults.toml)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from infra.gates.drawn import SOURCES, Drawn, draw, targets
from infra.gates.finding import Finding
from infra.gates.gate import RULES

SOURCE = {path.stem: path.read_text() for path in SOURCES}
TEMPLATE = SOURCE["template"]
DASHBOARD = SOURCE["dashboard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A text of a resource, what it becomes, and which check of which tool must find it where."""

    name: str
    template: str = "template"
    resource: str
    old: str
    new: str
    tool: str
    check: str
    found_at: str = ""
    says: str = ""

    @property
    def source(self) -> str:
        return planted(SOURCE[self.template], self.resource, self.old, self.new)

    def is_among(self, findings: list[Finding]) -> bool:
        """Return whether a finding is of this fault: its check, its resource, its words."""
        at = self.found_at or self.resource
        return any(
            (each.tool, each.check) == (self.tool, self.check)
            and each.resource in (at, "-")
            and self.says in each.message
            for each in findings
        )


def around(drawn: Drawn, name: str) -> Drawn:
    """Return a template of one resource, or output, and of what it refers to: quick to lint."""
    outputs = {n: each for n, each in drawn.body["Outputs"].items() if n == name}
    every, kept = drawn.body["Resources"], set[str]()
    waiting = ({name} | targets(list(outputs.values()))) & every.keys()
    while waiting:
        kept |= waiting
        waiting = targets([every[each] for each in waiting]) & every.keys() - kept
    resources = {n: each for n, each in every.items() if n in kept}
    return Drawn(drawn.name, {**drawn.body, "Resources": resources, "Outputs": outputs})


def faults(*tools: str) -> list[Fault]:
    """Return the faults that these tools have to find."""
    listed = tomllib.loads(Path(__file__).with_name("faults.toml").read_text())["fault"]
    return [fault for fault in (Fault(**each) for each in listed) if fault.tool in tools]


def planted(source: str, resource: str, old: str, new: str) -> str:
    """Return the source with the first `old` of a resource (or an output) replaced."""
    at = source.index(f"\n  {resource}:\n")
    end = source.find("\n\n", at) + 1 or len(source)
    found = source.find(old, at, end)
    assert found >= 0, f"{resource} says {old!r}"
    return source[:found] + new + source[found + len(old) :]


def found_by(rule: str, source: str) -> list[Finding]:
    """Return what one of our own rules finds."""
    return list(RULES[rule](draw(source)))
