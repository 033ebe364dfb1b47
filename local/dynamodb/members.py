"""A request in, its members out, checked: accepted names, Python types, enums and counts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from local.aws_error import validation_error
from local.dynamodb.refusal import malformed, not_implemented

Request: TypeAlias = Mapping[str, Any]

_NAMED: Final = {"ExpressionAttributeNames"}
_VALUED: Final = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_CONDITIONAL: Final = {
    "TableName",
    "ConditionExpression",
    "ReturnValuesOnConditionCheckFailure",
    *_VALUED,
}
_COUNTED: Final = {"ReturnConsumedCapacity"}
_SINGLE_WRITE: Final = {*_CONDITIONAL, *_COUNTED, "ReturnValues"}
_READ: Final = {"ConsistentRead", "ProjectionExpression", *_NAMED}
_PAGED: Final = {
    *("TableName", "Limit", "ExclusiveStartKey", "FilterExpression", "Select"),
    *_READ,
    *_VALUED,
    *_COUNTED,
}

# What each operation, and each structure inside one, takes; anything else is refused by name.
_ACCEPTED: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(members)
    for name, members in {
        "CreateTable": {
            *("TableName", "AttributeDefinitions", "KeySchema", "BillingMode"),
            "ProvisionedThroughput",
        },
        "AttributeDefinition": {"AttributeName", "AttributeType"},
        "KeySchemaElement": {"AttributeName", "KeyType"},
        "ProvisionedThroughput": {"ReadCapacityUnits", "WriteCapacityUnits"},
        "DescribeTable": {"TableName"},
        "DeleteTable": {"TableName"},
        "ListTables": {"ExclusiveStartTableName", "Limit"},
        "UpdateTimeToLive": {"TableName", "TimeToLiveSpecification"},
        "TimeToLiveSpecification": {"Enabled", "AttributeName"},
        "DescribeTimeToLive": {"TableName"},
        "PutItem": {"Item", *_SINGLE_WRITE},
        "UpdateItem": {"Key", "UpdateExpression", *_SINGLE_WRITE},
        "DeleteItem": {"Key", *_SINGLE_WRITE},
        "GetItem": {"TableName", "Key", *_READ, *_COUNTED},
        "Query": {"KeyConditionExpression", "ScanIndexForward", *_PAGED},
        "Scan": _PAGED,
        "BatchGetItem": {"RequestItems", *_COUNTED},
        "BatchGetItem.RequestItems": {"Keys", *_READ},
        "BatchWriteItem": {"RequestItems", *_COUNTED},
        "BatchWriteItem.RequestItems": {"PutRequest", "DeleteRequest"},
        "PutRequest": {"Item"},
        "DeleteRequest": {"Key"},
        "TransactWriteItems": {"TransactItems", "ClientRequestToken", *_COUNTED},
        "TransactWriteItems.TransactItems": {"Put", "Update", "Delete", "ConditionCheck"},
        "Put": {"Item", *_CONDITIONAL},
        "Update": {"Key", "UpdateExpression", *_CONDITIONAL},
        "Delete": {"Key", *_CONDITIONAL},
        "ConditionCheck": {"Key", *_CONDITIONAL},
        "TransactGetItems": {"TransactItems", *_COUNTED},
        "TransactGetItems.TransactItems": {"Get"},
        "Get": {"TableName", "Key", "ProjectionExpression", *_NAMED},
    }.items()
}
_ENUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "ReturnConsumedCapacity": ("INDEXES", "TOTAL", "NONE"),
    "ReturnValuesOnConditionCheckFailure": ("ALL_OLD", "NONE"),
    "ReturnValues": ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
    "Select": ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
    "BillingMode": ("PROVISIONED", "PAY_PER_REQUEST"),
}


def check_names(structure: str, request: object) -> Request:
    """Return `request`; refuse by name the members that `structure` does not take here."""
    if not isinstance(request, Mapping):
        raise malformed("Start of structure or map found where not expected")
    if not request.keys() <= _ACCEPTED[structure]:
        unknown = min(request.keys() - _ACCEPTED[structure], key=str)
        raise not_implemented(f"{structure}.{unknown}")
    return request


def constraint(member: str, value: object, rule: str) -> Exception:
    """Return AWS's answer to a member that breaks a constraint of the API's model."""
    where = member[:1].lower() + member[1:]
    return validation_error(
        f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint:"
        f" Member must {rule}"
    )


def text(request: Request, member: str) -> str:
    """Return a member that must be a text and must be there."""
    value = request.get(member)
    if value is None:
        raise constraint(member, "null", "not be null")
    if not isinstance(value, str):
        raise malformed("NUMBER_VALUE cannot be converted to String")
    return value


def text_or_none(request: Request, member: str) -> str | None:
    return None if request.get(member) is None else text(request, member)


def choice(request: Request, member: str, default: str) -> str:
    """Return a member that is one of an enumeration's words."""
    value = request.get(member)
    if value is None:
        return default
    if value not in _ENUMS[member]:
        words = ", ".join(_ENUMS[member])
        raise constraint(member, value, f"satisfy enum value set: [{words}]")
    return str(value)


def flag(request: Request, member: str, *, default: bool) -> bool:
    value = request.get(member)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise malformed("Unexpected value type in payload")
    return value


def whole_number(request: Request, member: str) -> int | None:
    """Return a member that counts from 1, None when it is not given."""
    value = request.get(member)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise malformed("STRING_VALUE cannot be converted to Integer")
    if value < 1:
        raise constraint(member, value, "have value greater than or equal to 1")
    return value


def mapping(request: Request, member: str) -> dict[str, Any]:
    value = request.get(member)
    if value is None:
        raise constraint(member, "null", "not be null")
    if not isinstance(value, dict):
        raise malformed("Start of list found where not expected")
    return value


def members_of(value: object, member: str, *, at_least: int, at_most: int) -> list[Any]:
    """Return a list whose length lies within the API model's bounds."""
    if value is None:
        raise constraint(member, "null", "not be null")
    if not isinstance(value, list | tuple):
        raise malformed("Start of structure or map found where not expected")
    if len(value) < at_least:
        raise constraint(member, "[]", f"have length greater than or equal to {at_least}")
    if len(value) > at_most:
        raise constraint(member, "[...]", f"have length less than or equal to {at_most}")
    return list(value)


def no_duplicates(keys: Iterable[object], reason: str) -> None:
    """Refuse a request that names one item twice."""
    seen = list(keys)
    if len(set(seen)) < len(seen):
        raise validation_error(reason)
