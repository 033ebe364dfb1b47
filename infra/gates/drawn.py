"""A transformed template in, its resources and what they say in every condition's case out.

A gate asks what may ever be, so that of an `Fn::If` both branches count.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.transform import transform

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = (ROOT / "infra" / "template.yaml", ROOT / "infra" / "dashboard.yaml")
_NO_VALUE: Final = {"Ref": "AWS::NoValue"}
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A template after the SAM transform; `name` is its file's."""

    name: str
    body: Mapping[str, Any]

    def kind(self, logical_id: str) -> str:
        """Return a resource's type, an empty text for what is no resource."""
        return str(self.body["Resources"].get(logical_id, {}).get("Type", ""))

    def properties(self, logical_id: str) -> Properties:
        found: Properties = self.body["Resources"][logical_id].get("Properties", {})
        return found

    def of_kind(self, *kinds: str) -> Iterator[tuple[str, Properties]]:
        """Yield logical ids and properties of the resources of some types."""
        for logical_id, resource in self.body["Resources"].items():
            if resource["Type"] in kinds:
                yield logical_id, resource.get("Properties", {})


def read(path: Path) -> Drawn:
    """Return a template of a file; raise Misconfigured when SAM refuses it."""
    return draw(path.read_text(), path.name)


def draw(source: str, name: str = "template.yaml") -> Drawn:
    return Drawn(name, transform(source))


def cases(value: Any) -> list[Any]:
    """Return what a value may be: each branch of an `Fn::If`, each member of a list, itself."""
    if isinstance(value, Mapping) and value.keys() == {"Fn::If"}:
        _, met, otherwise = value["Fn::If"]
        return [*cases(met), *cases(otherwise)]
    if isinstance(value, list):
        return [case for member in value for case in cases(member)]
    return [] if value is None or value == _NO_VALUE else [value]


def targets(value: Any) -> set[str]:
    """Return the logical ids that a value refers to, however deep."""
    if isinstance(value, list):
        return {found for member in value for found in targets(member)}
    if not isinstance(value, Mapping):
        return set()
    if "Ref" in value:
        return {str(value["Ref"])}
    if "Fn::GetAtt" in value:
        target = value["Fn::GetAtt"]
        return {target.split(".")[0] if isinstance(target, str) else str(target[0])}
    found: set[str] = set()
    for key, member in value.items():
        if key == "Fn::Sub":
            text, extra = member if isinstance(member, list) else (member, {})
            found |= set(_VARIABLE.findall(text)) - set(extra) | targets(extra)
        elif key == "Fn::If":
            found |= targets(member[1:])
        elif key != "Fn::ImportValue":
            found |= targets(member)
    return found
