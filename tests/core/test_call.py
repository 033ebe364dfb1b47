"""A call's line: metrics that CloudWatch reads, and the facts by which a vote's call is found."""

import json
from types import SimpleNamespace
from typing import Any, Final

import pytest

from core.call import Calls, trace_of
from core.clock import ManualClock
from core.event_record import arrival_ms_of

CONTEXT: Final = SimpleNamespace(aws_request_id="r-1", function_name="tally")
TRACE: Final = "Root=1-65a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"


def record(number: int, arrival_ms: int) -> dict[str, Any]:
    return {
        "eventID": f"shardId-000000000003:{number}",
        "kinesis": {
            "sequenceNumber": str(number),
            "approximateArrivalTimestamp": arrival_ms / 1000,
        },
    }


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_line_says_which_records_and_how_late(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    calls = Calls(clock, {"_X_AMZN_TRACE_ID": TRACE})
    now_ms = clock.now_ms()
    call = calls.begin(CONTEXT, [record(7, now_ms - 250), record(9, now_ms - 10)])
    clock.advance(40)
    call.end("tally.batch_applied", {"VotesCounted": 12}, retries=1)
    line = said(capsys)
    assert line["event"] == "tally.batch_applied"
    assert (line["shard"], line["first"], line["last"]) == ("shardId-000000000003", "7", "9")
    assert (line["LagMs"], line["TookMs"], line["BatchRecords"]) == (250, 40, 2)
    assert (line["VotesCounted"], line["retries"], line["ColdStarts"]) == (12, 1, 1)
    assert (line["request_id"], line["trace_id"]) == ("r-1", "1-65a1b2c3-0123456789abcdef01234567")


def test_a_line_is_an_embedded_metric_of_its_function(capsys: pytest.CaptureFixture[str]) -> None:
    Calls(ManualClock(), {}).begin(CONTEXT).end("load.objects_merged", {"Loads": 2})
    line = said(capsys)
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Dimensions"] == [["FunctionName"]]
    units = {metric["Name"]: metric["Unit"] for metric in described["Metrics"]}
    assert units == {"Loads": "Count", "ColdStarts": "Count", "TookMs": "Milliseconds"}
    assert all(isinstance(line[name], int) for name in units), "each metric has its number"
    assert line["FunctionName"] == "tally"


def test_only_the_first_call_of_a_process_is_cold(capsys: pytest.CaptureFixture[str]) -> None:
    calls = Calls(ManualClock(), {})
    cold = []
    for _ in range(3):
        calls.begin(CONTEXT).end("rollup.items_moved", {})
        cold.append(said(capsys)["ColdStarts"])
    assert cold == [1, 0, 0]


def test_a_clock_behind_the_stream_gives_no_negative_lag(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = ManualClock()
    call = Calls(clock, {}).begin(CONTEXT, [record(1, clock.now_ms() + 5_000)])
    call.end("tally.batch_applied", {})
    assert said(capsys)["LagMs"] == 0


@pytest.mark.parametrize(
    ("header", "root"), [("", ""), ("Sampled=0", ""), (TRACE, TRACE[5:40]), ("Root=a", "a")]
)
def test_a_trace_is_the_root_of_its_header(header: str, root: str) -> None:
    assert trace_of(header) == root


def test_arrival_is_in_whole_milliseconds() -> None:
    assert arrival_ms_of(record(1, 1_790_000_000_987)) == 1_790_000_000_987
