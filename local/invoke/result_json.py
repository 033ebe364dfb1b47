"""A handler's result in, JSON bytes out, or TypeError: the types that Lambda's runtime takes.

json.dumps decides what is JSON, as on Lambda; msgspec writes plain values ten times as fast, but
alone it would also take dates, bytes and dataclasses, which fail on Lambda.
"""

import json

import msgspec

_PLAIN = frozenset({str, float, bool, type(None)})


def encode_result(result: object) -> bytes:
    """Return the result as UTF-8 JSON; raise TypeError or ValueError where it is none."""
    if _is_plain(result):
        return msgspec.json.encode(result)
    return json.dumps(result).encode()


def _is_plain(value: object) -> bool:
    """Say whether both encoders agree on the value; exact types, so that no subclass slips in."""
    kind = type(value)
    if isinstance(value, int) and kind is int:
        return -(2**63) <= value < 2**64
    if kind in _PLAIN:
        return True
    if isinstance(value, dict) and kind is dict:
        return all(type(key) is str and _is_plain(member) for key, member in value.items())
    if isinstance(value, list | tuple) and kind in (list, tuple):
        return all(map(_is_plain, value))
    return False
