"""Functions' logs and a record's place in, the calls that had the record out.

Logs are files here and CloudWatch's log groups on AWS; the lines are the same (core/call.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from core.service_error import code_of
from local.metrics.call_line import said_by
from local.trace.find import CallFind, Unknown
from local.trace.limits import CALL_MS, CALLS_MAX, LOG_PAGES_MAX
from local.trace.sighting import Place

FUNCTIONS: Final = ("tally", "worker")  # those that count


class CallLog(Protocol):
    """Somewhere that functions log to."""

    def calls(self, place: Place) -> Sequence[CallFind] | Unknown: ...


@dataclass(frozen=True, slots=True)
class FileLogs:
    """`<data>/functions/logs`: the present file and one older one a function."""

    folder: Path

    def calls(self, place: Place) -> Sequence[CallFind] | Unknown:
        if not self.folder.is_dir():
            return Unknown("no log of a function lies here")
        found: list[CallFind] = []
        for function in FUNCTIONS:
            for name in (f"{function}.log.1", f"{function}.log"):
                path = self.folder / name
                if path.exists():
                    with path.open("rb") as file:
                        found += calls_in(file, function, place)
        return sorted(found, key=lambda each: each.at_ms)[:CALLS_MAX]


@dataclass(frozen=True, slots=True)
class CloudLogs:
    """The log groups of a stack, `/cube/<stack>/<function>`."""

    client: Any
    stack: str

    def calls(self, place: Place) -> Sequence[CallFind] | Unknown:
        found: list[CallFind] = []
        groups = 0
        for function in FUNCTIONS:
            try:
                found += calls_in(self._lines(function, place), function, place)
            except Exception as error:
                code = code_of(error)
                if code == "ResourceNotFoundException":  # the stack counts by the other function
                    continue
                if not code:
                    raise
                return Unknown(f"CloudWatch Logs refused: {code}")
            groups += 1
        if not groups:
            return Unknown(f"no log group of /cube/{self.stack} is there")
        return sorted(found, key=lambda each: each.at_ms)[:CALLS_MAX]

    def _lines(self, function: str, place: Place) -> Iterator[bytes]:
        request: dict[str, Any] = {
            "logGroupName": f"/cube/{self.stack}/{function}",
            "startTime": place.arrival_ms - 1_000,
            "endTime": place.arrival_ms + CALL_MS,
            "filterPattern": f'{{ $.shard = "{place.shard}" }}',
        }
        for _ in range(LOG_PAGES_MAX):
            page = self.client.filter_log_events(**request)
            for event in page.get("events", ()):
                yield str(event["message"]).encode()
            if not page.get("nextToken"):
                return
            request["nextToken"] = page["nextToken"]


def calls_in(lines: Iterable[bytes], function: str, place: Place) -> Iterator[CallFind]:
    """Yield the calls whose records were of the place's shard, from before to behind it.

    A worker's chunk has some of the records in between, so several calls may fit.
    """
    shard = place.shard.encode()
    for line in lines:
        if shard not in line:
            continue
        said = said_by(line)
        first, last = said.get("first"), said.get("last")
        if said.get("shard") != place.shard or not (_number(first) and _number(last)):
            continue
        if int(str(first)) <= int(place.sequence_number) <= int(str(last)):
            yield CallFind(
                function=function,
                event=str(said["event"]),
                at_ms=int(said.get("_aws", {}).get("Timestamp", 0)),
                request_id=str(said.get("request_id", "")),
                trace_id=str(said.get("trace_id", "")),
                lag_ms=int(said.get("LagMs", 0)),
                took_ms=int(said.get("TookMs", 0)),
                first=str(first),
                last=str(last),
            )


def _number(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()
