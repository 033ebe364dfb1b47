"""Numbers: exact decimals of 38 digits with one spelling and an order in bytes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.aws_error import AwsError
from local.dynamodb import number

digits = st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1)
numbers = st.builds(lambda value, power: f"{value}E{power}", digits, st.integers(-130, 87)).filter(
    lambda text: Decimal(text) == 0 or -130 <= Decimal(text).adjusted() <= 125
)


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.00", "0"),
        ("+5", "5"),
        ("007", "7"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("-12E-3", "-0.012"),
        ("123.456e1", "1234.56"),
        ("0" * 60 + "1" + "0" * 60, "1" + "0" * 60),
    ],
)
def test_a_number_has_one_spelling(text: str, spelling: str) -> None:
    assert number.canonical(text) == spelling


@pytest.mark.parametrize("text", ["", ".", "-", "e5", "1_0", " 1", "1\n", "NaN", "Infinity", "١"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="cannot be converted to a numeric value"):
        number.canonical(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1" * 39, "more than 38 significant digits"),
        ("1e126", "Number overflow"),
        ("-1e126", "Number overflow"),
        ("1e-131", "Number underflow"),
        ("1e999999999", "Number overflow"),
    ],
)
def test_numbers_beyond_the_range_are_refused(text: str, message: str) -> None:
    with pytest.raises(AwsError, match=message):
        number.canonical(text)


@given(numbers)
def test_spelling_keeps_the_value_and_is_stable(text: str) -> None:
    spelling = number.canonical(text)
    assert Decimal(spelling) == Decimal(text)
    assert number.canonical(spelling) == spelling


@given(numbers, numbers)
def test_sort_keys_order_as_numbers_do(left: str, right: str) -> None:
    low, high = number.canonical(left), number.canonical(right)
    expected = (Decimal(low) > Decimal(high)) - (Decimal(low) < Decimal(high))
    left_key, right_key = number.sort_key(low), number.sort_key(high)
    assert (left_key > right_key) - (left_key < right_key) == expected


@given(digits, digits)
def test_sums_are_exact_or_refused(left: int, right: int) -> None:
    terms = number.canonical(str(left)), number.canonical(str(right))
    if len(str(abs(left + right)).rstrip("0")) > 38:
        with pytest.raises(AwsError, match="38 significant digits"):
            number.add(*terms)
    else:
        assert Decimal(number.add(*terms)) == left + right


def test_fractions_add_and_subtract_exactly() -> None:
    assert number.add("0.1", "0.2") == "0.3"
    assert number.subtract("1", "0.9") == "0.1"
    assert number.subtract("5", "-5") == "10"
    assert number.subtract("5", "0") == "5"


def test_a_sum_of_too_many_digits_is_refused_not_rounded() -> None:
    with pytest.raises(AwsError, match="38 significant digits"):
        number.add("1" + "0" * 37, "0.1")


def test_sort_keys_tell_apart_numbers_that_begin_alike() -> None:
    rising = "-130 -123 -12.34 -12.3 -12 -1.2 -1 -0.12 -0.1 0 0.1 0.12 1 1.2 12 12.3 12.34 123 130"
    texts = rising.split()
    assert sorted(texts, key=number.sort_key) == texts
