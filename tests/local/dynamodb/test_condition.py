"""Conditions: what holds on which item."""

from typing import Any

import pytest

from core.item import Item
from local.aws_error import AwsError
from local.dynamodb.attribute import canonical_item
from local.dynamodb.condition import compiled
from local.dynamodb.placeholders import bind

ITEM: Item = canonical_item(
    {
        "pk": {"S": "poll#cube"},
        "n": {"N": "7"},
        "flag": {"BOOL": True},
        "nothing": {"NULL": True},
        "blob": {"B": b"\x01\x02\x03"},
        "colours": {"SS": ["red", "blue"]},
        "list": {"L": [{"N": "1"}, {"M": {"deep": {"S": "x"}}}]},
        "size": {"S": "large"},
        "in": {"S": "word"},
    }
)
VALUES: dict[str, Any] = {
    ":six": {"N": "6"},
    ":seven": {"N": "7.00"},
    ":eight": {"N": "8"},
    ":ten": {"N": "10"},
    ":text": {"S": "poll#cube"},
    ":poll": {"S": "poll"},
    ":red": {"S": "red"},
    ":reds": {"SS": ["blue", "red"]},
    ":one": {"N": "1"},
    ":x": {"S": "x"},
    ":type": {"S": "SS"},
    ":bytes": {"B": b"\x01\x02"},
    ":true": {"BOOL": True},
}


def holds(text: str, names: dict[str, str] | None = None) -> bool:
    condition = compiled("ConditionExpression", text)
    request: dict[str, Any] = {
        "ExpressionAttributeValues": {
            name: value for name, value in VALUES.items() if name in condition.expression.values
        }
        or None,
        "ExpressionAttributeNames": names,
    }
    bound_names, values = bind(request, condition.expression)
    return condition.holds(ITEM, bound_names, values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = :seven", True),
        ("n <> :seven", False),
        ("n < :eight", True),
        ("n < :ten", True),  # as numbers, not as text
        ("n <= :seven", True),
        ("n > :seven", False),
        ("n >= :seven", True),
        ("n = :text", False),
        ("n < :text", False),  # another type is never in order
        ("n BETWEEN :six AND :eight", True),
        ("n between :eight and :ten", False),
        ("n IN (:six, :seven)", True),
        ("n IN (:six)", False),
        ("absent = :six", False),
        ("absent <> :six", True),
        ("absent = missing", False),
        ("absent <> missing", True),
        ("absent < :six", False),
        ("NOT absent = :six", True),
        ("absent IN (:six)", False),
        ("n = :six OR n = :seven AND flag = :true", True),
        ("(n = :six OR n = :seven) AND n = :eight", False),
        ("NOT n = :six AND NOT n = :eight", True),
        ("not (n = :seven)", False),
        ("attribute_exists(nothing)", True),
        ("attribute_exists(list[1].deep)", True),
        ("attribute_exists(list[2])", False),
        ("attribute_not_exists(list[1].other)", True),
        ("attribute_exists(n.deep)", False),
        ("list[1].deep = :x", True),
        ("list[0] = :one", True),
        ("attribute_type(colours, :type)", True),
        ("attribute_type(n, :type)", False),
        ("attribute_type(absent, :type)", False),
        ("begins_with(pk, :poll)", True),
        ("begins_with(n, :poll)", False),
        ("begins_with(blob, :bytes)", True),
        ("begins_with(absent, :poll)", False),
        ("contains(pk, :poll)", True),
        ("contains(colours, :red)", True),
        ("contains(list, :one)", True),
        ("contains(blob, :bytes)", True),
        ("contains(n, :one)", False),
        ("contains(absent, :one)", False),
        ("colours = :reds", True),
        ("size(colours) < :six", True),
        ("size(pk) > :eight", True),
        ("size(n) > :one", False),
        ("size(absent) > :one", False),
        ("size = :red", False),
        ("android = :red", False),  # AND is a word, not a prefix
        ("order_ = :red OR notes = :red OR inner = :red", False),
    ],
)
def test_conditions_hold_as_documented(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_a_placeholder_reaches_a_reserved_word() -> None:
    assert holds("#in <> :red", {"#in": "in"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("n =", 'Syntax error; token: "<EOF>", near: "n ="'),
        ("n = :six :seven", 'Syntax error; token: ":seven"'),
        ("n ! :six", 'Syntax error; token: "!"'),
        ("((n = :six))", "The expression has redundant parentheses;"),
        ("exists(n)", "Invalid function name; function: exists"),
        ("n = attribute_exists(n)", "not allowed to be used this way in an expression"),
        ("size(n)", "not allowed to be used this way in an expression"),
        ("if_not_exists(n, :six) = :six", "Invalid function name; function: if_not_exists"),
        ("contains(n)", "number of operands: 1"),
        ("attribute_exists(:six)", "requires a document path"),
        ("begins_with(pk, :six)", "operator or function: begins_with, operand type: N"),
        ("colours < :reds", "operator or function: <, operand type: SS"),
        ("attribute_type(n, :text)", "Invalid attribute type name found"),
        ("n BETWEEN :eight AND :six", "requires upper bound to be greater than or equal"),
        ("a" * 4097, "exceeded the maximum allowed size; expression size: 4097"),
        (" OR ".join(["a=:x"] * 200), "operators and functions has exceeded"),
        ("NOT " * 290 + "a = :x", "nested operators is not implemented"),
        ("a" + ".a" * 32 + " = :x", "too many nesting elements"),
    ],
)
def test_a_bad_condition_is_refused_with_awss_words(text: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        holds(text)
    assert caught.value.code == "ValidationException"
    assert message in caught.value.message


def test_300_operators_are_taken() -> None:
    text = "NOT " + " OR ".join(["pk=:x"] * 150)  # 150 comparisons, 149 ORs, one NOT
    assert holds(text) is True
    with pytest.raises(AwsError, match="operators: 301"):
        holds(f"NOT {text}")
