"""What happens to a batch that fails: retries, halves, partial answers, age, discard."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from local.invoke.outcome import Outcome
from local.mapping.action import SendToDestination
from local.mapping.source import StreamRecord
from tests.local.mapping.desk import Desk, Handler, error, ok, report, throttled

MINUTE_MS = 60_000


def fail_on(*names: str) -> Handler:
    bad = {name.encode() for name in names}
    return lambda records: error() if any(record.data in bad for record in records) else ok()


def test_a_failed_batch_is_retried_whole_and_blocks_its_shard() -> None:
    """B16: the same records, before any later one."""
    desk = Desk(batch_size=2)
    outcomes = [error(), error()]
    desk.handle = lambda records: outcomes.pop() if outcomes else ok()
    desk.put(*"abc")
    desk.run()
    assert desk.calls == [["a", "b"]] * 3 + [["c"]]


def test_retries_go_on_until_the_records_expire_from_the_stream() -> None:
    """B17: by default there is no other end."""
    desk = Desk(retention_ms=24 * 3_600_000, failure_bucket="lake")
    desk.handle = lambda records: error()
    (record,) = desk.put("a")
    desk.run(23 * 3_600_000)
    assert (desk.objects, desk.consumer.position) == ({}, 0)
    assert len(desk.calls) > 1_000
    desk.run(2 * 3_600_000)
    assert desk.consumer.position == record.sequence_number
    assert desk.failure()["requestContext"]["condition"] == "RecordAgeExceeded"


@pytest.mark.parametrize(("retries", "calls"), [(0, 1), (1, 2), (2, 3)])
def test_retries_come_after_the_first_try(retries: int, calls: int) -> None:
    """B18: MaximumRetryAttempts + 1 invocations."""
    desk = Desk(retries_max=retries, failure_bucket="lake")
    desk.handle = lambda records: error()
    desk.put("a")
    desk.run()
    assert len(desk.calls) == calls
    assert desk.failure()["requestContext"]["approximateInvokeCount"] == calls


@pytest.mark.parametrize("kind", ["throttled", "service_error"])
def test_refusals_use_up_no_retry(kind: str) -> None:
    """B19: the function was not run."""
    desk = Desk(retries_max=1, failure_bucket="lake")
    refusal = Outcome("throttled" if kind == "throttled" else "service_error", b"", "r")
    outcomes = [error(), *[refusal] * 50, error(), *[refusal] * 50]
    desk.handle = lambda records: outcomes.pop()
    desk.put("a")
    desk.run(10 * MINUTE_MS)
    assert len(desk.calls) == 102
    assert desk.failure()["requestContext"]["approximateInvokeCount"] == 2


def test_refusals_end_with_the_records_age() -> None:
    """B19: only age ends them."""
    desk = Desk(retries_max=0, record_age_s_max=60, failure_bucket="lake")
    desk.handle = lambda records: throttled()
    desk.put("a")
    desk.run(2 * MINUTE_MS)
    context = desk.failure()["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RecordAgeExceeded", 1)


def test_records_too_old_are_cut_out_one_by_one() -> None:
    """B21: six records, the first too old: the destination gets one, the function five."""
    desk = Desk(record_age_s_max=60, failure_bucket="lake")
    (first,) = desk.put("old")
    desk.now_ms += 61_000
    desk.put(*"abcde")
    desk.run()
    assert desk.calls == [["a", "b", "c", "d", "e"]]
    info = desk.failure()["KinesisBatchInfo"]
    assert (info["batchSize"], info["startSequenceNumber"]) == (1, str(first.sequence_number))


def test_a_batch_that_fails_until_its_age_is_tried_several_times() -> None:
    """B22: with an age of 60 s, back-off leaves room for a handful of tries, not for hundreds."""
    counts = []
    for seed in range(20):
        desk = Desk(record_age_s_max=60, failure_bucket="lake", seed=seed)
        desk.handle = lambda records: error()
        desk.put("a")
        desk.run(3 * MINUTE_MS)
        counts.append(desk.failure()["requestContext"]["approximateInvokeCount"])
        assert counts[-1] == len(desk.calls)
    assert all(5 <= count <= 20 for count in counts), counts


def test_waits_between_retries_stay_under_a_minute() -> None:
    """B22: full jitter, 100 ms doubling, capped."""
    desk = Desk()
    desk.handle = lambda records: error()
    desk.put("a")
    desk.run(60 * MINUTE_MS)
    waits = [later - sooner for sooner, later in pairwise(desk.called_ms)]
    assert max(waits) <= MINUTE_MS
    assert all(wait <= 100 << attempt for attempt, wait in enumerate(waits))
    assert max(waits) > MINUTE_MS // 2


def test_bisecting_isolates_a_poison_record() -> None:
    """B23: halves in order; only the bad record is discarded, with its own retries."""
    desk = Desk(bisect=True, retries_max=2, failure_bucket="lake", batch_size=8)
    desk.handle = fail_on("f")
    records = desk.put(*"abcdefghi")
    desk.run()
    assert desk.calls == [
        list("abcdefgh"),
        list("abcd"),
        list("efgh"),
        list("ef"),
        list("e"),
        *[list("f")] * 3,
        list("gh"),
        list("i"),
    ]
    failure = desk.failure()
    assert failure["KinesisBatchInfo"]["batchSize"] == 1
    assert failure["KinesisBatchInfo"]["startSequenceNumber"] == str(records[5].sequence_number)
    assert failure["requestContext"]["approximateInvokeCount"] == 3


def test_splitting_uses_up_no_retry() -> None:
    """B23: without any retry, good records still get through."""
    desk = Desk(bisect=True, retries_max=0)
    desk.handle = fail_on("c")
    desk.put(*"abcd")
    desk.run()
    good = [call for call in desk.calls if "c" not in call]
    assert [name for call in good for name in call] == ["a", "b", "d"]


def test_the_batch_size_is_unchanged_by_splitting() -> None:
    """B23: the next batch is a full one again."""
    desk = Desk(bisect=True, retries_max=0, batch_size=4)
    desk.handle = fail_on("a")
    desk.put(*"abcdefgh")
    desk.run()
    assert desk.calls[-1] == list("efgh")


def test_bisecting_and_reporting_split_where_each_says() -> None:
    """B29: an error halves; a partial answer splits at its number, and keeps the rest whole."""
    desk = Desk(bisect=True, report_item_failures=True)
    records = desk.put(*"abcdefgh")
    answers = [ok(), ok(), report(records[1]), error()]
    desk.handle = lambda batch: answers.pop()
    desk.run()
    assert desk.calls == [list("abcdefgh"), list("abcd"), list("bcd"), list("efgh")]


def test_after_a_partial_answer_only_the_rest_is_retried() -> None:
    """B25, B29: from the lowest number on, what succeeded after it too."""
    desk = Desk(bisect=True, report_item_failures=True)
    records = desk.put(*"abcdef")
    answers = [ok(), report(records[4], records[2])]
    desk.handle = lambda batch: answers.pop()
    desk.run()
    assert desk.calls == [list("abcdef"), list("cdef")]


def test_the_rest_of_a_partial_answer_has_a_fresh_quota() -> None:
    """B28: three retries: one call with three records, four with the bad one alone."""
    desk = Desk(report_item_failures=True, retries_max=3, failure_bucket="lake")
    records = desk.put(*"abc")
    desk.handle = lambda batch: report(records[2])
    desk.run()
    assert desk.calls == [list("abc"), *[["c"]] * 4]
    failure = desk.failure()
    assert failure["requestContext"]["approximateInvokeCount"] == 4
    assert failure["KinesisBatchInfo"]["batchSize"] == 1


def test_a_discarded_batch_lets_the_next_one_run() -> None:
    """B30: without a destination as well."""
    desk = Desk(retries_max=0, batch_size=1)
    desk.handle = fail_on("a")
    records = desk.put(*"ab")
    desk.run()
    assert desk.calls == [["a"], ["b"]]
    assert desk.consumer.position == records[1].sequence_number


def test_a_failure_object_that_cannot_be_stored_holds_its_records() -> None:
    """B30: AWS would drop it; here the position waits, so that nothing is lost."""
    desk = Desk(retries_max=0, failure_bucket="lake", batch_size=1)
    desk.handle = fail_on("a")
    desk.put(*"ab")
    refused = 0
    while refused < 5:
        action = desk.consumer.step(desk.now_ms)
        if isinstance(action, SendToDestination):
            refused += 1
            desk.consumer.sent(action.attempt_id, desk.now_ms, stored=False)
        elif hasattr(action, "until_ms"):
            desk.now_ms += 1_000
        else:
            desk.act(action)
        assert desk.consumer.position == 0
        assert desk.calls in ([], [["a"]])
    desk.run()
    assert desk.calls == [["a"], ["b"]]
    assert len(desk.objects) == 1


def test_one_key_that_fails_leaves_other_lanes_alone() -> None:
    """B9, B16: only its own lane is blocked."""
    desk = Desk(parallelization_factor=10, batch_size=1)
    desk.handle = fail_on("bad")
    desk.put("bad", "behind it", key="x")
    desk.put("good", key="y")
    desk.run(MINUTE_MS)
    assert ["good"] in desk.calls
    assert ["behind it"] not in desk.calls


def test_the_answer_is_not_looked_at_without_reporting() -> None:
    """B24: the same answer is a success."""
    desk = Desk(report_item_failures=False)
    records = desk.put(*"abc")

    def handle(batch: Sequence[StreamRecord]) -> Outcome:
        return report(records[1])

    desk.handle = handle
    desk.run()
    assert desk.calls == [list("abc")]
