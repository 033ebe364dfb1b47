"""Any text is an expression or a ValidationException, never anything else."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.aws_error import AwsError
from local.dynamodb import condition, key_condition, projection, update

WORDS = [
    "a",
    "#n",
    ":v",
    "a.b",
    "a[0]",
    "=",
    "<>",
    "<",
    ">=",
    "BETWEEN",
    "AND",
    "OR",
    "NOT",
    "IN",
    "(",
    ")",
    ",",
    "+",
    "-",
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "size",
    "contains",
    "attribute_exists",
    "begins_with",
    "if_not_exists",
    "list_append",
    "[",
    "]",
    ".",
    "#",
    ":",
    "0",
    "é",
    "\ud800",  # half of a surrogate pair
]
texts = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=30).map("".join),
)


COMPILERS: dict[str, Callable[[str], object]] = {
    "condition": lambda text: condition.compiled("ConditionExpression", text),
    "filter": lambda text: condition.compiled("FilterExpression", text),
    "key": key_condition.compiled,
    "projection": projection.compiled,
    "update": update.compiled,
}


def refusal_of(compiler: Callable[[str], object], text: str) -> str | None:
    """Return the code a text is refused with, None when it is taken."""
    try:
        compiler(text)
    except AwsError as error:
        return error.code
    return None


@pytest.mark.parametrize("kind", sorted(COMPILERS))
@settings(max_examples=300)
@given(text=texts)
def test_every_text_is_read_or_refused(kind: str, text: str) -> None:
    assert refusal_of(COMPILERS[kind], text) in (None, "ValidationException")


@pytest.mark.parametrize("text", ["(" * 4000, "NOT " * 1000, "size(" * 800, "a." * 2000 + "a"])
def test_deep_nesting_is_refused_not_a_crash(text: str) -> None:
    with pytest.raises(AwsError, match="ValidationException"):
        condition.compiled("ConditionExpression", text)


@pytest.mark.parametrize("text", ["SET a = " + "(" * 2000, "SET a = " + "list_append(a, " * 250])
def test_deep_updates_are_refused_not_a_crash(text: str) -> None:
    with pytest.raises(AwsError, match="ValidationException"):
        update.compiled(text)


def test_the_cache_of_parsed_texts_is_bounded() -> None:
    assert update.compiled.cache_info().maxsize is not None
    assert condition.compiled.cache_info().maxsize is not None
