"""Answers for a batch: each record once, in order, and never more than Lambda takes."""

import base64
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import limits
from core.record import Stamp, encode_stamp, read_payload
from core.vote import Vote, encode_votes
from firehose_transforms.limits import ANSWER_BYTES_MAX, ARRIVAL_MS_MAX, ARRIVAL_MS_MIN
from firehose_transforms.transform import Answer, transform_records
from tests.firehose_transforms.any_bytes import USER_RECORDS
from tests.firehose_transforms.batch import ARRIVAL_MS, Record, read_rows, source_record

GOOD = encode_votes([Vote("cube", "d", 1, "red", ARRIVAL_MS)])
BUFFER_BYTES = 1024 * 1024  # the transform's buffer


def answer_bytes(answers: list[Answer]) -> int:
    """Return the size of the answer as Lambda's runtime writes it."""
    return len(json.dumps({"records": answers}).encode())


def buffer_of(data: bytes) -> list[Record]:
    count = -(-BUFFER_BYTES // len(data))
    return [source_record(data, index=index) for index in range(count)]


@settings(deadline=None)
@given(st.lists(USER_RECORDS, max_size=6))
def test_every_record_is_answered_once_and_in_order(parts: list[bytes]) -> None:
    """C21, C23: an id that is missing, or there twice, would fail its record."""
    records = [source_record(data, index=index) for index, data in enumerate(parts)]
    answers, summary = transform_records(records)
    assert [answer["recordId"] for answer in answers] == [each["recordId"] for each in records]
    assert {answer["result"] for answer in answers} <= {"Ok"}
    assert summary.rows == sum(len(read_rows(answer)) for answer in answers)


@pytest.mark.parametrize(
    "broken",
    [
        {"kinesisRecordMetadata": None},
        {"data": "a"},
        {"data": None},
        {"approximateArrivalTimestamp": "soon"},
        {"approximateArrivalTimestamp": ARRIVAL_MS_MIN - 1},
        {"approximateArrivalTimestamp": ARRIVAL_MS_MAX + 1},
        {"kinesisRecordMetadata": {"sequenceNumber": "\0", "subsequenceNumber": 0}},
        {"kinesisRecordMetadata": {"sequenceNumber": "9" * 129, "subsequenceNumber": 0}},
        {"kinesisRecordMetadata": {"sequenceNumber": "9", "subsequenceNumber": 2**31}},
    ],
)
def test_a_record_that_cannot_be_taken_apart_fails_alone(broken: Record) -> None:
    records = [source_record(GOOD, index=index) for index in range(3)]
    records[1] |= broken
    answers, summary = transform_records(records)
    assert [answer["result"] for answer in answers] == ["Ok", "ProcessingFailed", "Ok"]
    assert answers[1].keys() == {"recordId", "result"}
    assert (summary.records, summary.rows, summary.failed) == (3, 2, 1)
    assert summary.error


def test_a_fault_of_ours_fails_the_record_it_met(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(data: bytes, subsequence: int) -> object:
        if b"boom" in data:
            raise ZeroDivisionError("division by zero")
        return read_payload(data, subsequence)

    monkeypatch.setattr("firehose_transforms.row_lines.read_payload", faulty)
    answers, summary = transform_records([source_record(GOOD), source_record(b"boom", index=1)])
    assert [answer["result"] for answer in answers] == ["Ok", "ProcessingFailed"]
    assert summary.error == "ZeroDivisionError: division by zero"


def test_numbers_that_come_as_text_are_read() -> None:
    """C20: many type libraries say that timestamps and subsequence numbers are strings."""
    record = source_record(GOOD) | {"approximateArrivalTimestamp": str(ARRIVAL_MS)}
    record["kinesisRecordMetadata"] |= {"subsequenceNumber": "3"}
    answers, _ = transform_records([record])
    (row,) = read_rows(answers[0])
    assert (row.arrived_at, row.subsequence) == (ARRIVAL_MS, 3)


def test_an_id_of_any_shape_is_only_echoed() -> None:
    """C19: `recordId` is opaque."""
    record = source_record(GOOD) | {"recordId": 'é"\n'}
    assert transform_records([record])[0][0]["recordId"] == 'é"\n'


@pytest.mark.parametrize("size", [100, 1_000, 50_000, BUFFER_BYTES])
@pytest.mark.parametrize("line", [b"x\n", b"{}\n", b'{"poll":"' + b"\\u0001" * 9 + b'"}\n'])
def test_a_buffer_of_the_worst_garbage_gets_an_answer_that_lambda_takes(
    line: bytes, size: int
) -> None:
    """C17, C26: a longer answer is refused, and then the whole batch fails."""
    data = line * (size // len(line))
    records = buffer_of(data)
    answers, summary = transform_records(records)
    assert answer_bytes(answers) <= ANSWER_BYTES_MAX < limits.INVOKE_SYNC_BYTES_MAX
    assert summary.failed >= len(records) - ANSWER_BYTES_MAX // len(data)
    if summary.failed:
        assert "6000000" in summary.error


def test_garbage_does_not_take_its_neighbours_down() -> None:
    records = [source_record(GOOD, index=index) for index in range(20)]
    records[7] = source_record(b"x\n" * 30_000, index=7)
    records[9] = source_record(b"x\n" * 500_000, index=9)
    answers, summary = transform_records(records)
    failed = [index for index, each in enumerate(answers) if each["result"] != "Ok"]
    assert failed == [7, 9]
    assert (summary.rows, summary.failed) == (18, 2)


def test_the_largest_answers_give_way_first() -> None:
    lines = [1_000] * 10 + [20_000] + [1_000] * 10
    records = [source_record(b"x\n" * count, index=n) for n, count in enumerate(lines)]
    answers, _ = transform_records(records)
    assert [n for n, each in enumerate(answers) if each["result"] != "Ok"] == [10]


def test_as_few_answers_give_way_as_can_be() -> None:
    records = [source_record(b"x\n" * 2_500, index=index) for index in range(30)]
    answers, summary = transform_records(records)
    sizes = [len(answer["data"]) for answer in answers if answer["result"] == "Ok"]
    assert 0 < summary.failed < len(records)
    assert answer_bytes(answers) + sizes[0] > ANSWER_BYTES_MAX


def test_a_full_buffer_of_our_own_votes_fits() -> None:
    rng = random.Random(1)
    votes = [
        Vote("cube", f"cube-{rng.randrange(10**7):07d}", 2**60 + n, "yellow", ARRIVAL_MS, "sa-east")
        for n in range(390)
    ]
    stamp = Stamp(v=1, producer="a" * 16, lane=31, number=10**9, votes=390, lanes=32)
    answers, summary = transform_records(buffer_of(encode_stamp(stamp) + encode_votes(votes)))
    assert (summary.failed, summary.parked) == (0, 0)
    assert answer_bytes(answers) <= ANSWER_BYTES_MAX


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=40))
def test_no_mix_of_sizes_exceeds_the_limit(line_counts: list[int]) -> None:
    records = [
        source_record(b"{\n" * count, index=index) for index, count in enumerate(line_counts)
    ]
    answers, summary = transform_records(records)
    assert answer_bytes(answers) <= ANSWER_BYTES_MAX
    rows = [base64.b64decode(answer.get("data", "")).count(b"\n") for answer in answers]
    assert all(count in (0, lines) for count, lines in zip(rows, line_counts, strict=True))
    assert summary.failed == rows.count(0)


def test_an_answer_that_breaks_a_belief_of_ours_stops_the_batch() -> None:
    twice = [source_record(GOOD), source_record(GOOD)]
    with pytest.raises(AssertionError):
        transform_records(twice)
