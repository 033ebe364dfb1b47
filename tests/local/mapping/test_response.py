"""What a function's answer means for its batch."""

import msgspec
import pytest

from local.invoke.outcome import Outcome
from local.mapping.response import Done, DoneBefore, Failed, NotRun, meaning_of
from tests.local.mapping.desk import error, ok, report
from tests.local.mapping.fake_stream import FakeRecord

BATCH = [FakeRecord(number, 0, "key", b"") for number in (11, 12, 13)]


@pytest.mark.parametrize(
    "response", [{"batchItemFailures": []}, {"batchItemFailures": None}, {}, None, "", []]
)
def test_six_answers_mean_full_success(response: object) -> None:
    """B26: an empty list, null, nothing, and things that are empty."""
    assert meaning_of(ok(response), BATCH, report=True) == Done()


@pytest.mark.parametrize(
    "failures",
    [
        [{"itemIdentifier": ""}],
        [{"itemIdentifier": None}],
        [{"item": "12"}],
        [{"item": None}],
        [{"itemIdentifier": 123}],
        [{"itemIdentifier": "123"}],
        [{"itemIdentifier": "13"}, {"itemIdentifier": "nobody"}],
        [{}],
        ["12"],
        "12",
        {"itemIdentifier": "12"},
    ],
)
def test_an_answer_that_cannot_be_read_fails_the_whole_batch(failures: object) -> None:
    """B27: empty, null, missing, misnamed, or of a record that is not in the batch."""
    outcome = ok({"batchItemFailures": failures})
    assert meaning_of(outcome, BATCH, report=True) == Failed(by_response=True)


@pytest.mark.parametrize("response", ["text", 1, [1], True])
def test_an_answer_that_is_no_object_fails_the_whole_batch(response: object) -> None:
    """B27: anything else than the documented object."""
    assert meaning_of(ok(response), BATCH, report=True) == Failed(by_response=True)


def test_bytes_that_are_no_json_fail_the_whole_batch() -> None:
    """B27: what cannot be read at all."""
    outcome = Outcome("ok", b"{", "r")
    assert meaning_of(outcome, BATCH, report=True) == Failed(by_response=True)


def test_the_lowest_sequence_number_is_where_to_resume() -> None:
    """B25: several entries, in any order."""
    assert meaning_of(report(BATCH[2], BATCH[1]), BATCH, report=True) == DoneBefore(1)


def test_numbers_are_compared_as_numbers() -> None:
    """B25, A22: 9 comes before 10."""
    batch = [FakeRecord(number, 0, "key", b"") for number in (8, 9, 10)]
    assert meaning_of(report(batch[2], batch[1]), batch, report=True) == DoneBefore(1)


def test_an_answer_that_names_the_first_record_is_a_failure() -> None:
    """B25: nothing is done, so that retries are used up (B28)."""
    assert meaning_of(report(BATCH[0]), BATCH, report=True) == Failed(by_response=True)


def test_the_answer_is_ignored_unless_it_was_asked_for() -> None:
    """B24, B16: without ReportBatchItemFailures every answer is success."""
    assert meaning_of(report(BATCH[1]), BATCH, report=False) == Done()
    assert meaning_of(Outcome("ok", b"not json", "r"), BATCH, report=False) == Done()


def test_errors_fail_and_refusals_do_not_run() -> None:
    """B16, B19: an exception or timeout fails; a throttle or service error never ran."""
    assert meaning_of(error(), BATCH, report=True) == Failed(by_response=False)
    for kind in ("throttled", "service_error"):
        outcome = msgspec.convert({"kind": kind, "payload": "", "request_id": ""}, Outcome)
        assert meaning_of(outcome, BATCH, report=True) == NotRun()
