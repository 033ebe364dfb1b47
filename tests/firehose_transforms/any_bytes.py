"""Nothing in, bytes that producers might send out: good votes, odd ones, garbage, stamps."""

import json

from hypothesis import strategies as st

from core import kpl, limits
from core.record import Stamp, encode_stamp
from tests.firehose_transforms.batch import ARRIVAL_MS

_TEXTS = st.one_of(
    st.sampled_from(["cube", "lunch", "no-such-poll", "red", " Blue ", "İ" * 64, "", "\0", "a\0b"]),
    st.text(max_size=70),
    st.text("\U0001f7e5é\u2028\x7f", min_size=60, max_size=66),
)
_NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([2**53, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**300, 1.5, True, None]),
)
_TIMES = st.sampled_from(
    [
        ARRIVAL_MS,
        ARRIVAL_MS - limits.TOO_OLD_MS,
        ARRIVAL_MS - limits.TOO_OLD_MS - 1,
        ARRIVAL_MS + limits.FUTURE_MS_MAX,
        ARRIVAL_MS + limits.FUTURE_MS_MAX + 1,
        limits.VOTED_AT_MS_MAX + 1,
        -1,
    ]
)
_EXTRAS = st.dictionaries(
    st.one_of(st.sampled_from(["mood", "batch", "line", "raw", "parked_reason"]), st.text()),
    st.recursive(
        st.one_of(_TEXTS, _NUMBERS, st.floats(allow_nan=False, allow_infinity=False)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner)),
        max_leaves=5,
    ),
    max_size=3,
)

GOOD_VOTES = st.fixed_dictionaries(
    {
        "poll": st.sampled_from(["cube", "lunch"]),
        "device_id": st.sampled_from(["d1", "d2", "é"]),
        "seq": st.integers(0, 9),
        "colour": st.sampled_from(["red", "blue", "Red "]),
        "voted_at": st.integers(ARRIVAL_MS - 1_000, ARRIVAL_MS),
    },
    optional={"region": st.sampled_from(["eu", ""])},
)
ODD_VOTES = st.fixed_dictionaries(
    {},
    optional={
        "poll": _TEXTS,
        "device_id": _TEXTS,
        "seq": _NUMBERS,
        "colour": _TEXTS,
        "voted_at": st.one_of(_TIMES, _NUMBERS),
        "region": _TEXTS,
        "v": st.sampled_from([1, 2, "1"]),
    },
)


def _mixed(parts: tuple[dict[str, object], dict[str, object], dict[str, object]]) -> bytes:
    good, odd, extra = parts
    return json.dumps(extra | good | odd, ensure_ascii=False).encode()


_GOOD_LINES = GOOD_VOTES.map(lambda vote: json.dumps(vote, separators=(",", ":")).encode())
LINES = st.one_of(
    _GOOD_LINES,
    st.tuples(GOOD_VOTES, ODD_VOTES, st.just({})).map(_mixed),
    st.tuples(GOOD_VOTES, st.just({}), _EXTRAS).map(_mixed),
    st.tuples(GOOD_VOTES, ODD_VOTES, _EXTRAS).map(_mixed),
    st.tuples(_GOOD_LINES, st.binary(max_size=8)).map(
        lambda pair: pair[0][:-1] + b',"x":"' + pair[1] + b'"}'
    ),
    st.tuples(_GOOD_LINES, _GOOD_LINES).map(lambda two: two[0][:-1] + b"," + two[1][1:]),
    _GOOD_LINES.map(lambda line: line[:-1] + b',"x":"' + b"y" * 16_300 + b'"}'),
    _GOOD_LINES.map(lambda line: line[:-1] + b',"x":' + b"[" * 98 + b"]" * 98 + b"}"),
    _GOOD_LINES.map(lambda line: line + b"\r"),
    st.binary(max_size=40),
    st.sampled_from([b"", b" ", b"{}", b"null", b'{"batch":1}', b"x" * 30_000, b'{"x":1e400}']),
)
BODIES = st.lists(LINES, max_size=8).map(b"\n".join)


def _stamped(body: bytes, producer: str, lane: int, off: int) -> bytes:
    lines = len([line for line in body.split(b"\n") if line.strip()])
    stamp = Stamp(
        v=1, producer=producer, lane=lane, number=2**53, votes=max(1, lines + off), lanes=1_024
    )
    return encode_stamp(stamp) + body


USER_RECORDS = st.one_of(
    BODIES,
    BODIES.map(lambda body: body + b"\n"),
    st.lists(_GOOD_LINES, min_size=1, max_size=5).map(lambda lines: b"\n".join(lines) + b"\n"),
    st.builds(
        _stamped,
        BODIES,
        st.sampled_from(["p", "P" * 64]),
        st.integers(0, 1_023),
        st.sampled_from([0, 0, 0, 1]),
    ),
    st.binary(max_size=200),
)
STREAM_RECORDS = st.one_of(
    USER_RECORDS,
    st.lists(USER_RECORDS, min_size=1, max_size=3).map(
        lambda parts: kpl.aggregate([("k", part) for part in parts])
    ),
)
