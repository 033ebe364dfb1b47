"""Any message behind KPL's magic, its digest right, in: user records out, or an ordinary record."""

import hashlib
from typing import Final

from core import kpl
from core.record import read_payloads
from tests.fuzz.targets.record import GOOD, STAMP, check_payload

_DIGEST_BYTES: Final = 16


def _message(*parts: bytes) -> bytes:
    return kpl.aggregate([("a", part) for part in parts])[len(kpl.MAGIC) : -_DIGEST_BYTES]


SEEDS: Final = (b"", _message(GOOD), _message(GOOD, STAMP + GOOD, b""), b"\x0a\x01a", b"\x1a\x00")
WORDS: Final = (
    *(
        b"\x0a\x01a",
        b"\x12\x01b",
        b"\x1a\x04\x08\x00\x1a\x00",
        b"\x22\x03\x0a\x01k",
        STAMP[:64],
        b"{}",
    ),
    *(b"\x08\x00", b"\x10\x00", b"\x1a\x02hi", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
)
BYTES_MAX: Final = 1_000


def one_input(data: bytes) -> None:
    record = kpl.MAGIC + data + hashlib.md5(data, usedforsecurity=False).digest()
    parts = kpl.user_records(record)
    payloads = read_payloads(record)
    for payload in payloads:
        check_payload(payload)
    if parts is None:
        assert [payload.subsequence for payload in payloads] == [0]
        return
    assert sum(map(len, parts)) <= len(data), "what comes out was in it"
    assert [payload.subsequence for payload in payloads] == list(range(len(parts)))
    again = kpl.aggregate([("k", part) for part in parts])
    assert not parts or kpl.user_records(again) == parts
    torn = record[:-1] + bytes([record[-1] ^ 1])
    assert kpl.user_records(torn) is None, "A52: a wrong digest is an ordinary record"
