"""An item or a Key structure in, the primary key as the store orders it out."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from core.item import Attribute, Item
from local.aws_error import AwsError, validation_error
from local.dynamodb import number
from local.dynamodb.attribute import canonical, type_of
from local.dynamodb.limits import HASH_KEY_BYTES_MAX, RANGE_KEY_BYTES_MAX
from local.dynamodb.refusal import invalid_value, malformed
from local.dynamodb.table import KeyAttribute, Table

Key: TypeAlias = tuple[int, bytes, bytes]
"""The table's id, the hash key and the range key (empty where the table has none)."""


def sort_bytes(attribute: Attribute) -> bytes:
    """Return bytes that order as key attributes of one type do: text by its UTF-8 bytes."""
    ((kind, value),) = attribute.items()
    if kind == "S":
        return value.encode()  # type: ignore[no-any-return]  # checked to be text
    return number.sort_key(value) if kind == "N" else value


def key_of_item(table: Table, item: Item) -> Key:
    """Return the key of a canonical item; refuse one that lacks it or has another type there."""
    hash_bytes = _item_part(table.hash, item, HASH_KEY_BYTES_MAX)
    if table.range is None:
        return table.id, hash_bytes, b""
    return table.id, hash_bytes, _item_part(table.range, item, RANGE_KEY_BYTES_MAX)


def _item_part(part: KeyAttribute, item: Item, bytes_max: int) -> bytes:
    attribute = item.get(part.name)
    if attribute is None:
        raise invalid_value(f"Missing the key {part.name} in the item")
    if part.kind not in attribute:
        raise invalid_value(
            f"Type mismatch for key {part.name} expected: {part.kind} actual: {type_of(attribute)}"
        )
    return _checked(part, attribute, bytes_max)


def key_of(table: Table, given: object) -> tuple[Key, Item]:
    """Return the key in a request's Key structure, and its canonical attributes."""
    if not isinstance(given, Mapping):
        raise malformed("Start of structure or map found where not expected")
    if len(given) != len(table.key_names):
        raise _no_match()
    hash_bytes, hash_attribute = _key_part(table.hash, given, HASH_KEY_BYTES_MAX)
    if table.range is None:
        return (table.id, hash_bytes, b""), {table.hash.name: hash_attribute}
    range_bytes, range_attribute = _key_part(table.range, given, RANGE_KEY_BYTES_MAX)
    attributes = {table.hash.name: hash_attribute, table.range.name: range_attribute}
    return (table.id, hash_bytes, range_bytes), attributes


def _key_part(
    part: KeyAttribute, given: Mapping[str, Any], bytes_max: int
) -> tuple[bytes, Attribute]:
    if part.name not in given:
        raise _no_match()
    attribute = canonical(given[part.name])
    if part.kind not in attribute:
        raise _no_match()
    return _checked(part, attribute, bytes_max), attribute


def _no_match() -> AwsError:
    return validation_error("The provided key element does not match the schema")


def _checked(part: KeyAttribute, attribute: Attribute, bytes_max: int) -> bytes:
    encoded = sort_bytes(attribute)
    if not encoded:
        what = "string" if part.kind == "S" else "binary"
        raise validation_error(
            "One or more parameter values are not valid. The AttributeValue for a key attribute"
            f" cannot contain an empty {what} value. Key: {part.name}"
        )
    if len(encoded) > bytes_max:
        # AWS's own spelling has no space before the number.
        raise invalid_value(
            f"Size of hashkey has exceeded the maximum size limit of{bytes_max} bytes"
            if bytes_max == HASH_KEY_BYTES_MAX
            else "Aggregated size of all range keys has exceeded the size limit of"
            f" {bytes_max} bytes"
        )
    return encoded


def key_attributes(table: Table, item: Item) -> Item:
    """Return the key attributes of an item, as LastEvaluatedKey shows them."""
    return {name: item[name] for name in table.key_names}
