"""Number texts in, canonical number texts, sums and sort keys out: exact decimals, 38 digits."""

import re
from decimal import Context, Decimal
from typing import Final

from local.aws_error import AwsError, validation_error
from local.dynamodb.limits import NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN

_PLAIN: Final = re.compile(r"0|-?[1-9][0-9]{0,37}").fullmatch
_NUMBER: Final = re.compile(
    r"([+-]?)([0-9]+)?(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,9}))?", re.ASCII
).fullmatch
# Exponents span 256 digits: a sum of two numbers is exact in this precision.
_EXACT: Final = Context(prec=600)


def _not_a_number(text: str) -> AwsError:
    return validation_error(f"The parameter cannot be converted to a numeric value: {text}")


def canonical(text: object) -> str:
    """Return the one spelling of a number: no exponent, no needless zeros, no minus before 0.

    Two numbers are equal iff their canonical texts are. Raises AwsError ValidationException for
    what is no number, has over 38 significant digits, or lies outside 1E-130 ... 9.99E+125.
    """
    if not isinstance(text, str):
        raise AwsError("SerializationException", "NUMBER_VALUE cannot be converted to String")
    if _PLAIN(text):
        return text
    match = _NUMBER(text)
    if match is None or not (match[2] or match[3]):
        raise _not_a_number(text)
    sign, whole, fraction, exponent = (part or "" for part in match.groups())
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or "0") - len(fraction)  # of the last digit
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    power += len(digits) - len(significant)
    _check_range(significant, power)
    return ("-" if sign == "-" else "") + _spelled(significant, power)


def _check_range(significant: str, power: int) -> None:
    magnitude = power + len(significant) - 1
    if magnitude > NUMBER_EXPONENT_MAX:
        raise validation_error(
            "Number overflow. Attempting to store a number with magnitude larger than supported"
            " range"
        )
    if magnitude < NUMBER_EXPONENT_MIN:
        raise validation_error(
            "Number underflow. Attempting to store a number with magnitude smaller than supported"
            " range"
        )
    if len(significant) > NUMBER_DIGITS_MAX:
        raise validation_error(
            f"Attempting to store more than {NUMBER_DIGITS_MAX} significant digits in a Number"
        )


def _spelled(significant: str, power: int) -> str:
    if power >= 0:
        return significant + "0" * power
    if len(significant) > -power:
        return f"{significant[:power]}.{significant[power:]}"
    return "0." + significant.rjust(-power, "0")


def add(left: str, right: str) -> str:
    """Return the exact sum of two canonical numbers, canonical."""
    if "." not in left and "." not in right:
        return canonical(str(int(left) + int(right)))
    return canonical(format(_EXACT.add(Decimal(left), Decimal(right)), "f"))


def subtract(left: str, right: str) -> str:
    """Return the exact difference of two canonical numbers, canonical."""
    return add(left, right[1:] if right.startswith("-") else f"-{right}" if right != "0" else "0")


def magnitude(text: str) -> int | Decimal:
    """Return a canonical number as a value that Python orders exactly."""
    return Decimal(text) if "." in text else int(text)


def sort_key(text: str) -> bytes:
    """Return bytes that order as the canonical numbers do."""
    if text == "0":
        return b"\x80"
    negative, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int), "a canonical number is finite"
    significant = bytes(digits).rstrip(b"\x00")
    scale = exponent + len(digits) - 1 - NUMBER_EXPONENT_MIN
    if not negative:
        return b"\xc0" + bytes([scale]) + significant
    # Larger digits are smaller numbers; the end mark puts -12 above -123.
    return b"\x40" + bytes([255 - scale]) + bytes(9 - digit for digit in significant) + b"\xff"


def size_bytes(text: str) -> int:
    """Return what a number counts toward an item: a byte for two digits, one more, one for -."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")
