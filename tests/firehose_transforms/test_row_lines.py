"""Rows of a record: one for each line, every one fits the table, nothing of a line is lost."""

import base64
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import limits
from core.record import Stamp, encode_stamp
from core.row import TRANSFORM_VERSION, Row
from core.verdict import Reason
from core.vote import Vote, encode_votes
from firehose_transforms.limits import ARRIVAL_MS_MAX, ARRIVAL_MS_MIN
from tests.firehose_transforms.any_bytes import USER_RECORDS
from tests.firehose_transforms.batch import ARRIVAL_MS, SEQUENCE_NUMBER, rows_of
from tests.firehose_transforms.landing import COLUMNS, misfit

VOTE = Vote("cube", "d1", 7, "Red ", ARRIVAL_MS - 5, "eu")
LINE = encode_votes([VOTE])
PLAIN = {
    "arrived_at": ARRIVAL_MS,
    "sequence_number": SEQUENCE_NUMBER,
    "subsequence": 0,
    "line": 1,
    "transform_version": TRANSFORM_VERSION,
    "poll": "cube",
    "device_id": "d1",
    "seq": 7,
    "colour": "red",
    "voted_at": ARRIVAL_MS - 5,
    "region": "eu",
}


def with_member(name: str, value: object) -> bytes:
    return json.dumps(json.loads(LINE) | {name: value}).encode() + b"\n"


def raw_of(row: Row) -> bytes:
    assert row.raw is not None
    return base64.b64decode(row.raw, validate=True)


def test_the_columns_of_landing_are_the_members_of_a_row() -> None:
    assert list(COLUMNS) == list(Row.__struct_fields__)


def test_a_vote_is_a_row_of_its_columns_and_its_place() -> None:
    (row,) = rows_of(LINE)
    assert msgspec.to_builtins(row) == PLAIN


def test_a_vote_without_a_region_has_the_unknown_one() -> None:
    (row,) = rows_of(encode_votes([Vote("cube", "d1", 7, "red", ARRIVAL_MS)]))
    assert row.region == "unknown"


def test_rows_of_a_stamped_record_name_its_batch_and_start_on_line_two() -> None:
    stamp = Stamp(v=1, producer="p1", lane=7, number=41, votes=3, lanes=32)
    rows = rows_of(encode_stamp(stamp) + LINE + b"junk\n" + LINE, subsequence=5)
    assert [row.line for row in rows] == [2, 3, 4]
    assert {(row.producer, row.lane, row.number, row.subsequence) for row in rows} == {
        ("p1", 7, 41, 5)
    }
    assert [row.parked_reason for row in rows] == [None, "not_json", None]


def test_lines_of_a_batch_of_good_votes_are_counted_from_its_stamp() -> None:
    stamp = Stamp(v=1, producer="p1", lane=7, number=41, votes=2, lanes=32)
    rows = rows_of(encode_stamp(stamp) + LINE + LINE)
    assert [(row.line, row.number, row.parked_reason) for row in rows] == [
        (2, 41, None),
        (3, 41, None),
    ]


@pytest.mark.parametrize("off", [-limits.TOO_OLD_MS - 1, limits.FUTURE_MS_MAX + 1])
def test_one_vote_of_an_impossible_time_among_good_ones_is_parked(off: int) -> None:
    rows = rows_of(LINE + with_member("voted_at", ARRIVAL_MS + off) + LINE)
    assert [row.parked_reason is None for row in rows] == [True, False, True]


def test_a_bad_line_is_a_parked_row_and_its_neighbours_stay_good() -> None:
    one, bad, two = rows_of(LINE + b"{nonsense\xff\n" + LINE)
    assert (one.parked_reason, two.parked_reason, two.line) == (None, None, 3)
    assert (bad.line, bad.parked_reason, bad.poll) == (2, "not_json", None)
    assert raw_of(bad) == b"{nonsense\xff"


@pytest.mark.parametrize("nothing", [b"", b"\n", b" \r\n\t"])
def test_a_record_that_holds_nothing_leaves_one_parked_row(nothing: bytes) -> None:
    (row,) = rows_of(nothing)
    assert (row.line, row.parked_reason, raw_of(row)) == (1, "not_json", nothing)


def test_a_vote_whose_time_cannot_be_is_parked_with_its_columns() -> None:
    for off, reason in (
        (-limits.TOO_OLD_MS, None),
        (-limits.TOO_OLD_MS - 1, "too_old"),
        (limits.FUTURE_MS_MAX, None),
        (limits.FUTURE_MS_MAX + 1, "future_vote"),
    ):
        (row,) = rows_of(with_member("voted_at", ARRIVAL_MS + off))
        assert (row.parked_reason, row.poll, row.colour) == (reason, "cube", "red")
        assert row.voted_at == ARRIVAL_MS + off
        assert (row.raw is None) == (reason is None)


@pytest.mark.parametrize("voted_at", [-1, limits.VOTED_AT_MS_MAX + 1, 2**63, 10**300])
def test_a_time_that_no_column_holds_stays_in_the_raw_line(voted_at: int) -> None:
    line = with_member("voted_at", voted_at)
    (row,) = rows_of(line)
    assert (row.voted_at, row.device_id, raw_of(row)) == (None, "d1", line[:-1])


@pytest.mark.parametrize("colour", ["x" * 65, "a\0b", "two\nlines", "  ", "\u202e", "\U000e0001"])
def test_a_colour_that_fits_no_palette_leaves_its_line_raw(colour: str) -> None:
    line = with_member("colour", colour)
    (row,) = rows_of(line)
    assert (row.colour, row.parked_reason, row.device_id) == ("", None, "d1")
    assert raw_of(row) == line[:-1]


@pytest.mark.parametrize(
    ("member", "value"), [("device_id", "a\0b"), ("region", "\0"), ("poll", "No Such")]
)
def test_a_text_that_no_column_holds_parks_the_vote_without_it(member: str, value: str) -> None:
    line = with_member(member, value)
    (row,) = rows_of(line)
    assert (row.parked_reason, getattr(row, member)) == ("bad_value", None)
    assert raw_of(row) == line[:-1]
    assert row.seq == 7


def test_a_long_line_is_cut_at_a_whole_group_of_base64() -> None:
    line = bytes(range(1, 10)) * 100_000 + b"\r"
    (row,) = rows_of(b'{"x":"' + line.replace(b"\n", b"~"))
    assert row.parked_reason == Reason.OVERSIZE
    assert len(raw_of(row)) == 24_000
    assert raw_of(row) == (b'{"x":"' + line.replace(b"\n", b"~"))[:24_000]


def test_members_that_no_vote_has_are_kept_as_they_were_written() -> None:
    line = (
        LINE[:-2] + b',"mood":{"a":[1.10,"\\u0000"]},"x":12345678901234567890123,"y":"\xc3\xa9"}\n'
    )
    (row,) = rows_of(line)
    assert row.extra == '{"mood":{"a":[1.10,"\\u0000"]},"x":12345678901234567890123,"y":"é"}'
    assert row.parked_reason is None


@pytest.mark.parametrize(
    "member",
    [
        b'"x":"' + b"y" * 4_096 + b'"',
        b'"x":"\xff"',
        b'"\xff":1',
        b'"x":1e400',
    ],
)
def test_members_that_cannot_be_kept_say_how_many_bytes_were_left_out(member: bytes) -> None:
    (row,) = rows_of(LINE[:-2] + b"," + member + b"}\n")
    assert row.parked_reason is None
    assert row.extra is not None
    assert json.loads(row.extra)["left_out_bytes"] >= len(member)


def test_the_last_of_two_equal_members_is_the_one_that_counts() -> None:
    (row,) = rows_of(LINE[:-2] + b',"colour":"blue"}\n')
    assert (row.colour, row.extra) == ("blue", None)


def test_another_version_of_the_vote_is_parked() -> None:
    (row,) = rows_of(with_member("v", 2))
    assert row.parked_reason == "bad_version"


@settings(deadline=None)
@given(USER_RECORDS, st.sampled_from([ARRIVAL_MS, ARRIVAL_MS_MIN, ARRIVAL_MS_MAX]))
def test_every_row_fits_the_table_whatever_came_in(data: bytes, arrival_ms: int) -> None:
    rows = rows_of(data, arrival_ms=arrival_ms)
    assert rows
    for row in rows:
        misfits = [misfit(name, getattr(row, name)) for name in Row.__struct_fields__]
        assert [said for said in misfits if said] == []
        if row.extra is not None:
            assert isinstance(json.loads(row.extra), dict)
        if row.parked_reason is None:
            assert None not in (row.poll, row.device_id, row.seq, row.colour, row.region)
            assert row.voted_at is not None
            assert (row.raw is not None) == (row.colour == "")
        else:
            assert row.raw is not None
        assert row.raw is None or row.extra is None
