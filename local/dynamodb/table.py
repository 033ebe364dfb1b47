"""A CreateTable request in, a table's definition out, and the description AWS gives of it."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from local.aws_error import validation_error
from local.dynamodb import members
from local.dynamodb.members import Request
from local.dynamodb.refusal import invalid_value

_ARN: Final = "arn:aws:dynamodb:us-east-1:000000000000:table/"
_ROLES: Final = ("HASH", "RANGE")
_NAME_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


class KeyAttribute(msgspec.Struct, frozen=True):
    """One part of the primary key; `kind` is "S", "N" or "B"."""

    name: str
    kind: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a table beside its items; it is stored as JSON."""

    name: str
    hash: KeyAttribute
    range: KeyAttribute | None = None
    billing_mode: str = "PROVISIONED"
    read_units: int = 0
    write_units: int = 0
    created_ms: int = 0
    ttl_attribute: str | None = None
    id: int = 0  # the database's own; 0 until the table is stored

    @property
    def key_names(self) -> tuple[str, ...]:
        if self.range is None:
            return (self.hash.name,)
        return (self.hash.name, self.range.name)


def defined(request: Request, now_ms: int) -> Table:
    """Return the table that a CreateTable request defines; refuse what does not fit together."""
    name = members.text(request, "TableName")
    if not 3 <= len(name) <= 255 or not _NAME_CHARS.issuperset(name):
        raise members.constraint(
            "TableName", name, "satisfy regular expression pattern: [a-zA-Z0-9_.-]{3,255}"
        )
    schema = members.members_of(request.get("KeySchema"), "KeySchema", at_least=1, at_most=2)
    kinds = _attribute_kinds(request)
    keys = [_key_attribute(part, _ROLES[at], kinds) for at, part in enumerate(schema)]
    if len({key.name for key in keys}) < len(keys):
        raise validation_error(
            "Invalid KeySchema: Some index key attribute have no definition, or appear twice"
        )
    if kinds.keys() - {key.name for key in keys}:
        raise invalid_value(
            "Number of attributes in KeySchema does not exactly match number of attributes"
            " defined in AttributeDefinitions"
        )
    billing_mode = members.choice(request, "BillingMode", "PROVISIONED")
    read_units, write_units = _throughput(request, billing_mode)
    return Table(
        name=name,
        hash=keys[0],
        range=keys[1] if len(keys) > 1 else None,
        billing_mode=billing_mode,
        read_units=read_units,
        write_units=write_units,
        created_ms=now_ms,
    )


def _attribute_kinds(request: Request) -> dict[str, str]:
    definitions = members.members_of(
        request.get("AttributeDefinitions"), "AttributeDefinitions", at_least=1, at_most=255
    )
    kinds = {}
    for definition in definitions:
        members.check_names("AttributeDefinition", definition)
        kind = members.text(definition, "AttributeType")
        if kind not in ("S", "N", "B"):
            raise members.constraint("AttributeType", kind, "satisfy enum value set: [B, N, S]")
        kinds[members.text(definition, "AttributeName")] = kind
    return kinds


def _key_attribute(part: Request, role: str, kinds: Mapping[str, str]) -> KeyAttribute:
    members.check_names("KeySchemaElement", part)
    name = members.text(part, "AttributeName")
    if members.text(part, "KeyType") != role:
        raise invalid_value(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
            if role == "HASH"
            else "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
        )
    if name not in kinds:
        raise invalid_value(
            "Some index key attributes are not defined in AttributeDefinitions."
            f" Keys: [{name}], AttributeDefinitions: [{', '.join(sorted(kinds))}]"
        )
    return KeyAttribute(name, kinds[name])


def _throughput(request: Request, billing_mode: str) -> tuple[int, int]:
    given = request.get("ProvisionedThroughput")
    if billing_mode == "PAY_PER_REQUEST":
        if given is not None:
            raise invalid_value(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when"
                " BillingMode is PAY_PER_REQUEST"
            )
        return 0, 0
    units = members.check_names("ProvisionedThroughput", {} if given is None else given)
    read_units = members.whole_number(units, "ReadCapacityUnits")
    write_units = members.whole_number(units, "WriteCapacityUnits")
    if read_units is None or write_units is None:
        raise invalid_value(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode"
            " is PROVISIONED"
        )
    return read_units, write_units


def description(table: Table, status: str, *, items: int, size_bytes: int) -> dict[str, Any]:
    """Return the TableDescription of a table."""
    keys: Sequence[KeyAttribute] = [table.hash, *([table.range] if table.range else [])]
    created = datetime.fromtimestamp(table.created_ms / 1000, tz=UTC)
    described: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": key.name, "AttributeType": key.kind} for key in keys
        ],
        "TableName": table.name,
        "KeySchema": [
            {"AttributeName": key.name, "KeyType": role}
            for key, role in zip(keys, _ROLES, strict=False)
        ],
        "TableStatus": status,
        "CreationDateTime": created,
        "ProvisionedThroughput": {
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": table.read_units,
            "WriteCapacityUnits": table.write_units,
        },
        "TableSizeBytes": size_bytes,
        "ItemCount": items,
        "TableArn": f"{_ARN}{table.name}",
        "TableId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_ARN}{table.name}#{table.id}")),
        "DeletionProtectionEnabled": False,
    }
    if table.billing_mode == "PAY_PER_REQUEST":
        described["BillingModeSummary"] = {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": created,
        }
    return described
