"""What CloudFormation would change in, the same in words out: with a warning where data is lost."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

# Resources that hold votes, positions or keys: replacing one begins anew with an empty one.
PRECIOUS: Final = {
    "AWS::Kinesis::Stream": "votes that are not yet counted",
    "AWS::DynamoDB::Table": "every tally and every lane's state",
    "AWS::S3::Bucket": "the lake",
    "AWS::KMS::Key": "the key that everything is encrypted with",
    "AWS::RedshiftServerless::Namespace": "the warehouse's tables",
    "AWS::Lambda::EventSourceMapping": "its positions in the stream",
    "AWS::KinesisFirehose::DeliveryStream": "its positions in the stream",
}
_VERBS: Final = {"Add": "add", "Modify": "change", "Remove": "remove", "Import": "import"}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that would change; `warning` says what would be lost, empty: nothing."""

    verb: str  # add, change, replace, maybe replace, remove
    logical_id: str
    kind: str
    properties: tuple[str, ...] = ()
    warning: str = ""

    @property
    def words(self) -> str:
        of = f" ({', '.join(self.properties)})" if self.properties else ""
        return f"{self.verb} {self.logical_id}, {self.kind}{of}"


def changes_of(described: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return the changes of `DescribeChangeSet`'s `Changes`, dangerous ones first."""
    changes = [_change(each["ResourceChange"]) for each in described if "ResourceChange" in each]
    return sorted(changes, key=lambda change: (not change.warning, change.logical_id))


def _change(change: Mapping[str, Any]) -> Change:
    kind = str(change["ResourceType"])
    verb = _VERBS.get(change["Action"], str(change["Action"]).lower())
    replacement = change.get("Replacement")
    if verb == "change" and replacement in ("True", "Conditional"):
        verb = "replace" if replacement == "True" else "maybe replace"
    names = {
        detail["Target"]["Name"]
        for detail in change.get("Details", ())
        if detail.get("Target", {}).get("Name")
    }
    lost = PRECIOUS.get(kind, "") if verb in ("replace", "maybe replace", "remove") else ""
    return Change(
        verb=verb,
        logical_id=str(change["LogicalResourceId"]),
        kind=kind,
        properties=tuple(sorted(names)),
        warning=f"{verb} begins without {lost}" if lost else "",
    )
