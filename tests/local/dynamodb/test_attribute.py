"""Typed attributes: canonical form, size, JSON."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.aws_error import AwsError
from local.dynamodb import attribute

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.one_of(
    st.builds(lambda value: {"S": value}, text),
    st.builds(lambda value: {"N": str(value)}, st.decimals(-(10**9), 10**9, places=3)),
    st.builds(lambda value: {"B": value}, st.binary(max_size=8)),
    st.builds(lambda value: {"BOOL": value}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda value: {"SS": sorted(value)}, st.sets(text, min_size=1, max_size=4)),
    st.builds(
        lambda value: {"NS": [str(member) for member in value]},
        st.sets(st.integers(-(10**12), 10**12), min_size=1, max_size=4),
    ),
    st.builds(
        lambda value: {"BS": list(value)}, st.sets(st.binary(max_size=4), min_size=1, max_size=4)
    ),
)
attributes = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda value: {"L": value}, st.lists(inner, max_size=4)),
        st.builds(lambda value: {"M": value}, st.dictionaries(text, inner, max_size=4)),
    ),
    max_leaves=12,
)
items = st.dictionaries(text, attributes, max_size=6)


@given(items)
def test_an_item_survives_its_json(item: dict[str, Any]) -> None:
    canonical = attribute.canonical_item(item)
    assert attribute.decode(attribute.encode(canonical)) == canonical


@given(items)
def test_json_is_never_shorter_than_the_size_that_counts(item: dict[str, Any]) -> None:
    """D10: the engine measures exactly only what its JSON does not already prove small."""
    canonical = attribute.canonical_item(item)
    assert len(attribute.encode(canonical)) >= attribute.item_size_bytes(canonical)


@given(items)
def test_the_canonical_form_is_its_own(item: dict[str, Any]) -> None:
    canonical = attribute.canonical_item(item)
    assert attribute.canonical_item(canonical) == canonical


def test_equal_values_have_equal_forms() -> None:
    left = {"L": [{"N": "1.0"}, {"SS": ["b", "a"]}, {"NS": ["10", "9e0"]}]}
    right = {"L": [{"N": "1"}, {"SS": ["a", "b"]}, {"NS": ["9", "10"]}]}
    assert attribute.canonical(left) == attribute.canonical(right)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "12345"}, 4),
        ({"N": "-5"}, 3),
        ({"N": "100"}, 2),
        ({"B": b"abc"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": [{"S": "ab"}]}, 6),
        ({"M": {"k": {"S": "ab"}}}, 7),
        ({"SS": ["a", "bc"]}, 3),
    ],
)
def test_sizes_count_as_documented(value: dict[str, Any], size: int) -> None:
    """D10: an attribute's size is its name and its value."""
    assert attribute.item_size_bytes({"name": value}) == 4 + size


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ({}, "ValidationException", "is empty, must contain exactly one"),
        ({"S": "a", "N": "1"}, "ValidationException", "more than one datatypes set"),
        ({"X": "a"}, "ValidationException", "must contain exactly one"),
        ({"S": 5}, "SerializationException", ""),
        ({"N": 5}, "SerializationException", ""),
        ({"B": "text"}, "SerializationException", ""),
        ({"BOOL": 1}, "SerializationException", ""),
        ({"L": {}}, "SerializationException", ""),
        ({"M": []}, "SerializationException", ""),
        ({"M": {1: {"S": "a"}}}, "SerializationException", ""),
        ("a", "SerializationException", ""),
        ({"NULL": False}, "ValidationException", "must have the value of true"),
        ({"SS": []}, "ValidationException", "An string set  may not be empty"),
        ({"NS": ["1", "1.0"]}, "ValidationException", "contains duplicates"),
    ],
)
def test_a_malformed_attribute_is_refused(value: Any, code: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        attribute.canonical(value)
    assert caught.value.code == code
    assert message in caught.value.message


def test_documents_nest_32_deep_and_no_deeper() -> None:
    value: dict[str, Any] = {"S": "core"}
    for _ in range(32):
        value = {"L": [value]}
    assert attribute.depth_of(attribute.canonical(value)) == 32
    with pytest.raises(AwsError, match="Nesting Levels"):
        attribute.canonical({"L": [value]})
