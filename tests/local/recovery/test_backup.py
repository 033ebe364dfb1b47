"""The source backup: what is one behind the other comes apart again, as far as that can be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.record import Stamp, encode_stamp, read_payload
from core.vote import Vote, encode_votes
from local.recovery.backup import BackupRecord, parts_of, read_backup

VOTE = Vote("cube", "d", 1, "red", 1_790_000_000_000)
LINE = encode_votes([VOTE])


def batch(number: int, *lines: bytes, votes: int | None = None) -> bytes:
    count = len(lines) if votes is None else votes
    stamp = Stamp(v=1, producer="p", lane=0, number=number, votes=count, lanes=32)
    return encode_stamp(stamp) + b"".join(lines)


def read(body: bytes) -> list[BackupRecord]:
    records = list(read_backup(body))
    assert [record.ordinal for record in records] == list(range(len(records)))
    return records


RECORDS = st.lists(
    st.one_of(
        st.builds(
            lambda number, lines: batch(number, *lines),
            st.integers(1, 9),
            st.lists(st.sampled_from([LINE, b"junk\n", b"{}\n", b"\xff\n"]), min_size=1),
        ),
        st.sampled_from([LINE, LINE[:-1], b"{}\n", b"{}", b'{"a":{"b":"}{"}}', b"junk\n", b"junk"]),
    ),
    max_size=8,
)


@given(RECORDS)
def test_batches_come_out_as_they_went_in_and_other_lines_in_parts(records: list[bytes]) -> None:
    """C14: there is nothing between the records; a newline at their end tells them apart."""
    found = read(b"".join(records))
    assert [each.data for each in found if each.stamp] == [
        record for record in records if record.startswith(b'{"batch"')
    ]
    said = b"".join(record.rstrip(b"\n") for record in records if record[:8] != b'{"batch"')
    assert b"".join(part for each in found for part in each.parts) == said
    votes = [part for each in found for part in each.parts if part.startswith(b"{")]
    assert votes == [
        record.rstrip(b"\n")
        for record in records
        if record.startswith(b"{") and record[:8] != b'{"batch"'
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_and_none_but_white_space_get_lost(body: bytes) -> None:
    found = read(body)
    kept = b"".join(each.data for each in found)
    assert kept.translate(None, b" \t\n\r\v\f") == body.translate(None, b" \t\n\r\v\f")
    assert all(each.stamp or each.parts for each in found)


def test_a_batch_cut_short_is_what_it_is() -> None:
    one, other = read(batch(1, LINE, votes=3) + batch(2, LINE))
    assert read_payload(one.data, 0).broken
    assert read_payload(other.data, 0).stamp is not None
    (last,) = read(batch(1, LINE, votes=3))
    assert read_payload(last.data, 0).broken


def test_lines_behind_a_batch_are_no_part_of_it() -> None:
    for end in (b"", b"\n"):
        one, other = read(batch(1, LINE[:-1] + end) + LINE)
        assert (one.data, other.data, other.stamp) == (batch(1, LINE), LINE, None)
    one, other = read(batch(1, LINE) + b"junk\n")
    assert (one.data, other.data, other.stamp) == (batch(1, LINE), b"junk\n", None)


def test_a_batch_whose_last_lines_look_like_two_votes_ends_with_its_count() -> None:
    one, other = read(batch(1, LINE, LINE[:-1]) + LINE[:-1])
    assert one.data == batch(1, LINE, LINE)
    assert other.data == LINE


def test_garbage_without_a_newline_ends_where_a_stamp_begins() -> None:
    one, other = read(b"junk" + batch(1, LINE))
    assert (one.data, other.data) == (b"junk\n", batch(1, LINE))


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (b'{"a":1}{"b":2}', [b'{"a":1}', b'{"b":2}']),
        (b'junk{"a":1} x', [b"junk", b'{"a":1}', b" x"]),
        (b'{"a":{"b":"}{"}}', [b'{"a":{"b":"}{"}}']),
        (b"{}{", [b"{}", b"{"]),
        (b"}{", [b"}{"]),
        (b"{" * 200_000 + b"{}", [b"{" * 200_000 + b"{}"]),
        (b"\xff{}\xfe", [b"\xff", b"{}", b"\xfe"]),
    ],
)
def test_a_line_is_cut_around_the_objects_in_it(line: bytes, parts: list[bytes]) -> None:
    assert parts_of(line) == parts


def test_what_only_looks_like_a_stamp_is_a_part_of_its_line() -> None:
    line = json.dumps({"x": {"batch": {"v": 1}}}, separators=(",", ":")).encode()
    (record,) = read(line + line)
    assert record.parts == (line, line)
