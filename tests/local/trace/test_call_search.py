"""Which lines of which logs are calls that had a record; files here, CloudWatch on AWS."""

import json
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from local.trace.call_search import CloudLogs, FileLogs
from local.trace.find import CallFind, Unknown
from local.trace.sighting import Place

SHARD: Final = "shardId-000000000001"
PLACE: Final = Place(sequence_number="50", subsequence=0, line=1, arrival_ms=1_000_000, shard=SHARD)


def line(first: str, last: str, *, shard: str = SHARD, at_ms: int = 1_000_200) -> str:
    said = {
        "event": "tally.batch_applied",
        "_aws": {"Timestamp": at_ms},
        "shard": shard,
        "first": first,
        "last": last,
        "request_id": f"r-{first}-{last}",
        "trace_id": "1-a",
        "LagMs": 150,
        "TookMs": 50,
    }
    return json.dumps(said, separators=(",", ":"))


def test_a_call_is_found_by_numbers_not_by_text(tmp_path: Path) -> None:
    (tmp_path / "tally.log").write_text(
        "\n".join(
            (
                line("50", "50"),
                line("9", "100"),
                line("51", "60"),
                line("5", "6"),
                line("50", "50", shard="shardId-000000000002"),
                line("x", "50"),
                f'{{"event":"a","shard":"{SHARD}","first":1,"last":null}}',
                f'{{"event":"torn","shard":"{SHARD}","first',
                "",
            )
        )
    )
    calls = FileLogs(tmp_path).calls(PLACE)
    assert not isinstance(calls, Unknown)
    assert [call.request_id for call in calls] == ["r-50-50", "r-9-100"]
    assert calls[0] == CallFind(
        "tally", "tally.batch_applied", 1_000_200, "r-50-50", "1-a", 150, 50, "50", "50"
    )


def test_the_older_log_and_the_workers_are_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "worker.log.1").write_text(line("1", "99", at_ms=5) + "\n")
    (tmp_path / "worker.log").write_text(line("2", "98", at_ms=7) + "\n")
    (tmp_path / "trend.log").write_text(line("3", "97") + "\n")
    calls = FileLogs(tmp_path).calls(PLACE)
    assert not isinstance(calls, Unknown)
    assert [(call.function, call.at_ms) for call in calls] == [("worker", 5), ("worker", 7)]


def test_no_folder_of_logs_is_no_answer(tmp_path: Path) -> None:
    assert isinstance(FileLogs(tmp_path / "none").calls(PLACE), Unknown)


class Logs:
    """CloudWatch Logs: pages of messages by group; a group that is missing, or refused."""

    def __init__(self, groups: dict[str, list[list[str]] | str]) -> None:
        self._groups = groups
        self.asked: list[dict[str, Any]] = []

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        pages = self._groups.get(request["logGroupName"], "ResourceNotFoundException")
        if isinstance(pages, str):
            raise ClientError({"Error": {"Code": pages, "Message": ""}}, "FilterLogEvents")
        number = int(request.get("nextToken", "0"))
        answer: dict[str, Any] = {"events": [{"message": text} for text in pages[number]]}
        if number + 1 < len(pages):
            answer["nextToken"] = str(number + 1)
        return answer


def test_a_stacks_logs_are_read_page_by_page() -> None:
    logs = Logs({"/cube/votes/tally": [[], [line("1", "99")]]})
    calls = CloudLogs(logs, "votes").calls(PLACE)
    assert not isinstance(calls, Unknown)
    assert [call.request_id for call in calls] == ["r-1-99"]
    first = logs.asked[0]
    assert first["startTime"] <= PLACE.arrival_ms < first["endTime"]
    assert first["filterPattern"] == f'{{ $.shard = "{SHARD}" }}'


def test_a_stack_whose_logs_cannot_be_read_says_why() -> None:
    refused = CloudLogs(Logs({"/cube/votes/tally": "AccessDeniedException"}), "votes").calls(PLACE)
    assert isinstance(refused, Unknown)
    assert "AccessDeniedException" in refused.reason
    assert isinstance(CloudLogs(Logs({}), "votes").calls(PLACE), Unknown)
