"""A request's names and values in, the ones its expressions use out, none missing or idle."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.item import Attribute
from local.aws_error import AwsError, validation_error
from local.dynamodb.attribute import canonical_item
from local.dynamodb.expression import Expression
from local.dynamodb.members import Request
from local.dynamodb.refusal import invalid_expression, malformed

_NAMES: Final = "ExpressionAttributeNames"
_VALUES: Final = "ExpressionAttributeValues"
_NOTHING: Final[dict[str, Any]] = {}


def bind(
    request: Request, *expressions: Expression
) -> tuple[Mapping[str, str], Mapping[str, Attribute]]:
    """Return names and canonical values for the expressions of one request.

    Raises AwsError ValidationException with AWS's texts for a placeholder that is used and not
    given, or given and not used, and for a value of a type that its operator never takes.
    """
    names = _given(request, _NAMES, expressions)
    raw_values = _given(request, _VALUES, expressions)
    if len(expressions) == 1:
        names_used, values_used = expressions[0].names, expressions[0].values
    else:
        names_used = frozenset[str]().union(*(one.names for one in expressions))
        values_used = frozenset[str]().union(*(one.values for one in expressions))
    if names.keys() != names_used:
        raise _names_differ(names, names_used, expressions)
    if raw_values.keys() != values_used:
        raise _values_differ(raw_values, values_used, expressions)
    if names and not {*map(type, names.values())} <= {str}:
        raise malformed("NUMBER_VALUE cannot be converted to String")
    values = canonical_item(raw_values)
    for expression in expressions:
        expression.check_values(values)
    return names, values


def _given(request: Request, member: str, expressions: tuple[Expression, ...]) -> dict[str, Any]:
    given = request.get(member)
    if given is None:
        return _NOTHING
    if not isinstance(given, dict):
        raise malformed("Start of list found where not expected")
    if not expressions:
        raise validation_error(f"{member} can only be specified when using expressions")
    if not given:
        raise validation_error(f"{member} must not be empty")
    return given


def _names_differ(
    names: Mapping[str, str], used: Iterable[str], expressions: Iterable[Expression]
) -> AwsError:
    for expression in expressions:
        for name in sorted(expression.names - names.keys()):
            return invalid_expression(
                expression.kind,
                "An expression attribute name used in the document path is not defined;"
                f" attribute name: {name}",
            )
    return _idle(_NAMES, "#", names.keys() - set(used))


def _values_differ(
    values: Mapping[str, Any], used: Iterable[str], expressions: Iterable[Expression]
) -> AwsError:
    for expression in expressions:
        for value in sorted(expression.values - values.keys()):
            return invalid_expression(
                expression.kind,
                "An expression attribute value used in expression is not defined;"
                f" attribute value: {value}",
            )
    return _idle(_VALUES, ":", values.keys() - set(used))


def _idle(member: str, mark: str, idle: set[str]) -> AwsError:
    for key in sorted(map(str, idle)):
        rest = key[1:]
        if key[:1] != mark or not (rest.isascii() and rest.replace("_", "a").isalnum()):
            return validation_error(f'{member} contains invalid key: Syntax error; key: "{key}"')
    keys = ", ".join(sorted(map(str, idle)))
    return validation_error(f"Value provided in {member} unused in expressions: keys: {{{keys}}}")
