"""The record codec: any bytes in, votes or reasons out, and the fast path never disagrees."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import kpl, limits
from core.record import (
    Line,
    Stamp,
    count_lines,
    encode_stamp,
    payload_lines,
    read_lines,
    read_payloads,
    read_votes,
)
from core.verdict import Reason
from core.vote import Vote, encode_votes

VOTES = [
    Vote("cube", "device-1", 1, "red", 1_790_000_000_000),
    Vote("cube", "device-1", 2, "Blue ", 1_790_000_000_100, "eu"),
]
GOOD = encode_votes(VOTES)


def stamped(votes: int, body: bytes, **changes: object) -> bytes:
    stamp = Stamp(v=1, producer="p", lane=3, number=7, votes=votes, lanes=32)
    line = encode_stamp(stamp)
    for name, value in changes.items():
        line = line.replace(f'"{name}":{getattr(stamp, name)}'.encode(), str(value).encode())
    return line + body


def reasons(body: bytes) -> list[Reason | None]:
    return [line.reason for line in read_lines(body, 1)]


def test_a_stamped_record_names_its_batch_and_starts_on_line_two() -> None:
    (payload,) = read_payloads(stamped(2, GOOD))
    assert payload.stamp is not None
    assert (payload.stamp.producer, payload.stamp.lane, payload.stamp.number) == ("p", 3, 7)
    assert [line.number for line in read_lines(payload.body, payload.first_line)] == [2, 3]
    assert read_votes(payload.body) == VOTES


def test_a_stamp_whose_count_differs_from_the_lines_breaks_the_record() -> None:
    for body in (b"", GOOD + GOOD, GOOD[:-1] + b"\n{}", b"\n"):
        (payload,) = read_payloads(stamped(2, body) if body != GOOD else b"")
        assert payload.broken is Reason.BAD_STAMP, body


def test_a_stamp_that_is_not_on_line_one_breaks_the_record() -> None:
    inside = GOOD + stamped(2, GOOD)
    for data in (inside, stamped(5, inside), stamped(3, stamped(2, GOOD))):
        (payload,) = read_payloads(data)
        assert payload.broken is Reason.BAD_STAMP


def test_a_stamp_that_cannot_be_read_breaks_the_record() -> None:
    lines = [
        b'{"batch":{"v":2,"producer":"p","lane":0,"number":1,"votes":2}}\n',
        b'{"batch":{"v":1,"producer":"p","lane":32,"number":1,"votes":2}}\n',
        b'{"batch":{"v":1,"producer":"a b","lane":0,"number":1,"votes":2}}\n',
        b'{"batch":{"v":1,"producer":"a\\n","lane":0,"number":1,"votes":2}}\n',
        b'{"batch":{"v":1,"producer":"p","lane":0,"number":0,"votes":2}}\n',
        b'{"batch":7}\n',
        b'{"batch":\n',
    ]
    for line in lines:
        (payload,) = read_payloads(line + GOOD)
        assert payload.broken is Reason.BAD_STAMP, line


def test_unstamped_lines_and_a_single_vote_are_read() -> None:
    assert read_votes(read_payloads(GOOD)[0].body) == VOTES
    (payload,) = read_payloads(encode_votes(VOTES[:1])[:-1])
    assert [line.vote for line in read_lines(payload.body, 1)] == VOTES[:1]


def test_a_bad_line_never_takes_its_neighbours_down() -> None:
    one, two = GOOD.splitlines(keepends=True)
    bad = {
        b"\xff\xfe\n": Reason.NOT_JSON,
        b"{\n": Reason.NOT_JSON,
        b"[1]\n": Reason.BAD_VALUE,
        b"7\n": Reason.BAD_VALUE,
        b"{}\n": Reason.MISSING_FIELD,
        one.replace(b'"seq":1', b'"seq":-1'): Reason.BAD_VALUE,
        one.replace(b'"seq":1', b'"seq":1.5'): Reason.BAD_VALUE,
        one.replace(b'"seq":1', b'"seq":9223372036854775808'): Reason.BAD_VALUE,
        one.replace(b"device-1", b"d" * 65): Reason.BAD_VALUE,
        one.replace(b'{"poll"', b'{"v":2,"poll"'): Reason.BAD_VERSION,
        b'{"v":2}\n': Reason.BAD_VERSION,
        b'{"v":1,"x":"' + b"x" * limits.VOTE_LINE_BYTES_MAX + b'"}\n': Reason.OVERSIZE,
        one[:-2] + b',"x":' + b"[" * 100 + b"]" * 100 + b"}\n": Reason.BAD_VALUE,
        one[:-1] + one: Reason.NOT_JSON,
    }
    for line, reason in bad.items():
        assert reasons(one + line + two) == [None, reason, None], line
        assert read_votes(one + line + two) is None, line


def test_values_that_share_a_line_do_not_hide_behind_one_that_spans_two() -> None:
    one, two = GOOD.splitlines()
    body = one + two + b"\n" + one.replace(b",", b",\n", 1) + b"\n"
    assert body.count(b"\n") == 3
    assert reasons(body) == [Reason.NOT_JSON] * 3
    assert read_votes(body) is None


@pytest.mark.parametrize("spare", [-1, 0, 1, 2])
@pytest.mark.parametrize("before", [0, 1, 700])
def test_the_fast_path_sees_a_long_line_wherever_it_stands(spare: int, before: int) -> None:
    one, _ = GOOD.splitlines(keepends=True)
    filler = limits.VOTE_LINE_BYTES_MAX - len(one) + 1 - len(b',"x":""') + spare
    long = one[:-2] + b',"x":"' + b"y" * filler + b'"}\n'
    assert len(long) - 1 == limits.VOTE_LINE_BYTES_MAX + spare
    body = one * before + long + one * 3
    assert (read_votes(body) is None) == (spare > 0)
    assert (Reason.OVERSIZE in reasons(body)) == (spare > 0)


def test_a_broken_payload_has_its_reason_on_each_line_and_an_empty_one_is_a_line() -> None:
    (broken,) = read_payloads(stamped(3, GOOD))
    assert [(line.number, line.reason) for line in payload_lines(broken)] == [
        (number, Reason.BAD_STAMP) for number in (1, 2, 3)
    ]
    for nothing in (b"", b" \n\t\n"):
        (empty,) = read_payloads(nothing)
        assert payload_lines(empty) == [Line(1, nothing, None, Reason.NOT_JSON)]


def test_unknown_fields_are_ignored() -> None:
    line = GOOD.splitlines()[0][:-1] + b',"mood":{"a":[1]}}\n'
    assert reasons(line) == [None]


def test_a_kpl_aggregate_holds_several_payloads() -> None:
    """A51: magic, protobuf, digest; A53: told apart by a subsequence number from 0."""
    data = kpl.aggregate([("a", GOOD), ("b", stamped(2, GOOD)), ("a", GOOD)])
    payloads = read_payloads(data)
    assert [payload.subsequence for payload in payloads] == [0, 1, 2]
    assert payloads[1].stamp is not None
    assert payloads[0].body == payloads[2].body == GOOD


def test_an_aggregate_of_no_user_records_holds_nothing() -> None:
    """A51: its message is whole without any; every reader of the stream sees none."""
    message = b"\x0a\x01a"  # a partition key, and nobody who has it
    record = kpl.MAGIC + message + hashlib.md5(message).digest()
    assert kpl.user_records(record) == []
    assert read_payloads(record) == []


def test_a_record_with_a_wrong_digest_is_an_ordinary_record() -> None:
    """A52: no aggregate without magic and digest: passed through whole."""
    data = kpl.aggregate([("a", GOOD)])
    broken = data[:-1] + bytes([data[-1] ^ 1])
    assert read_payloads(broken)[0].body == broken
    assert kpl.user_records(b"\xf3\x89\x9a") is None


def test_an_aggregate_that_lacks_what_is_required_is_an_ordinary_record() -> None:
    """A52: the KCL passes these through whole, so every reader must."""
    data_alone, index_alone = b"\x1a\x04\x1a\x02hi", b"\x1a\x02\x08\x00"
    for message in (b"", data_alone, index_alone):
        record = kpl.MAGIC + message + hashlib.md5(message).digest()
        (payload,) = read_payloads(record)
        assert payload.body == record


ANY_LINES = st.lists(
    st.one_of(
        st.sampled_from(GOOD.splitlines()),
        st.binary(max_size=40),
        st.sampled_from([b"", b" ", b"{}", b'{"batch":1}', GOOD.splitlines()[0] * 2]),
        st.sampled_from(GOOD.splitlines()).map(lambda line: line.replace(b",", b",\n")),
        st.sampled_from(GOOD.splitlines()).map(lambda line: line[:-1] + b',"x":\n{"y":1}}'),
        st.sampled_from(GOOD.splitlines()).map(lambda line: line + b"\r"),
    ),
    max_size=6,
).map(b"\n".join)


@given(ANY_LINES)
def test_the_fast_path_says_what_the_slow_path_says_or_nothing(body: bytes) -> None:
    for data in (body, body + b"\n"):
        fast = read_votes(data)
        if fast is not None:
            assert [line.vote for line in read_lines(data, 1)] == fast


@given(st.one_of(st.binary(max_size=300), ANY_LINES.map(lambda body: stamped(2, body))))
def test_decoding_is_total(data: bytes) -> None:
    for payload in read_payloads(data):
        lines = list(read_lines(payload.body, payload.first_line))
        assert all((line.vote is None) == (line.reason is not None) for line in lines)
        assert count_lines(payload.body) == len(lines)
        if payload.stamp is not None:
            assert payload.stamp.votes == len(lines)


@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *GOOD.splitlines(keepends=True),
                *GOOD.splitlines(),
                b"\n",
                b" ",
                b"\r\n",
                b"{}",
                b"}\n{",
                b'{"poll":"cube",\n',
                b'"device_id":"d","seq":1,"colour":"red","voted_at":1}\n',
                b'"x":"{}"',
                b"[",
                b"\\",
                b"7",
            ]
        ),
        max_size=6,
    )
)
def test_what_the_fast_path_reads_the_slow_one_reads_too(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    votes = read_votes(body)
    if votes is not None:
        assert [(line.vote, line.reason) for line in read_lines(body, 1)] == [
            (vote, None) for vote in votes
        ]
