"""A Decimal in, PostgreSQL's binary form of NUMERIC out, and back: digits of base 10,000."""

import struct
from decimal import Decimal
from typing import Final

from local.warehouse.error import WarehouseError

_HEAD: Final = struct.Struct("!hhHH")  # digits, weight of the first, sign, decimal places
_POSITIVE: Final = 0x0000
_NEGATIVE: Final = 0x4000
_NAN: Final = 0xC000
_BASE_DIGITS: Final = 4
_SCALE_MAX: Final = 128  # decimal places; Redshift's limit is 37
_DIGITS_MAX: Final = 64  # 256 decimal digits; Redshift's limit is 38


def encode_numeric(value: Decimal) -> bytes:
    if not value.is_finite():
        return _HEAD.pack(0, 0, _NAN, 0)
    text = format(value.copy_abs(), "f")  # exact, whatever its precision
    whole, _, fraction = text.partition(".")
    whole = whole.lstrip("0")
    whole = whole.rjust(-(-len(whole) // _BASE_DIGITS) * _BASE_DIGITS, "0")
    padded = fraction.ljust(-(-len(fraction) // _BASE_DIGITS) * _BASE_DIGITS, "0")
    decimal = whole + padded
    digits = [int(decimal[at : at + _BASE_DIGITS]) for at in range(0, len(decimal), _BASE_DIGITS)]
    weight = len(whole) // _BASE_DIGITS - 1
    while digits and digits[0] == 0:
        digits.pop(0)
        weight -= 1
    while digits and digits[-1] == 0:
        digits.pop()
    if not digits:
        return _HEAD.pack(0, 0, _POSITIVE, len(fraction))
    sign = _NEGATIVE if value < 0 else _POSITIVE
    head = _HEAD.pack(len(digits), weight, sign, len(fraction))
    return head + struct.pack(f"!{len(digits)}h", *digits)


def decode_numeric(data: bytes) -> Decimal:
    """Raise WarehouseError 22P03 for bytes that are no number."""
    try:
        count, weight, sign, scale = _HEAD.unpack_from(data)
        digits = struct.unpack(f"!{count}H", data[_HEAD.size :])
    except struct.error as error:
        raise _refused() from error
    if sign == _NAN:
        return Decimal("NaN")
    fits = count <= _DIGITS_MAX and abs(weight) <= _DIGITS_MAX and scale <= _SCALE_MAX
    if not fits or sign not in (_POSITIVE, _NEGATIVE) or any(digit > 9_999 for digit in digits):
        raise _refused()
    decimal = "".join(f"{digit:04d}" for digit in digits)
    exponent = (weight + 1 - count) * _BASE_DIGITS
    whole, _, fraction = format(Decimal(f"{decimal or 0}E{exponent}"), "f").partition(".")
    value = Decimal(f"{whole}.{fraction[:scale].ljust(scale, '0')}" if scale else whole)
    return value.copy_negate() if sign == _NEGATIVE else value


def _refused() -> WarehouseError:
    return WarehouseError("22P03", "incorrect binary data format of a numeric parameter")
