"""`cube trace`: what a pipe gets, which words are refused, and with which exit code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from local.cli import main
from local.cloud import STACK, check_command
from tests.local.trace.desk import TraceDesk
from tests.local.trace.test_call_search import Logs, line


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TraceDesk]:
    desk = TraceDesk(tmp_path)
    services: dict[str, Any] = {"dynamodb": desk.dynamodb, "s3": desk.s3, "kinesis": desk.kinesis}
    monkeypatch.setattr("local.cli.trace.endpoint", lambda data: "http://127.0.0.1:9")
    monkeypatch.setattr("local.cli.trace.client_at", lambda name, url, **more: services[name])
    monkeypatch.setattr(
        "local.cli.trace.consumers_of", lambda data, url, chosen: lambda: desk.consumers()
    )
    monkeypatch.setattr("local.cli.trace.SystemClock", lambda: desk.clock)
    monkeypatch.setenv("CUBE_WAREHOUSE_API", "none")
    monkeypatch.delenv(STACK, raising=False)
    yield desk
    desk.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(main.cube, ["trace", *words], standalone_mode=False)


def test_a_pipe_gets_a_line_a_station(desk: TraceDesk) -> None:
    desk.put_votes(desk.vote(1))
    desk.count()
    result = run("cube", "d", "1")
    assert result.return_value == 0, result.output
    steps = [json.loads(line) for line in result.stdout.splitlines()]
    assert [step["station"] for step in steps][:4] == ["cast", "outbox", "record", "counted"]
    assert steps[-1] == {"station": "verdict", "state": "found", "says": "It is counted."} | {
        "at_ms": None, "after_ms": None, "copy": 0, "facts": {}
    }  # fmt: skip


def test_the_exit_code_tells_lost_from_unknown(desk: TraceDesk) -> None:
    desk.put_votes(desk.vote(1))
    desk.skip_count()
    desk.clock.advance(1_000)
    assert run("cube", "d", "1").return_value == 4
    assert run("cube", "d", "2").return_value == 5


def test_since_is_how_far_back_the_stream_is_read(desk: TraceDesk) -> None:
    desk.put_votes(desk.vote(1))
    desk.count()
    desk.clock.advance(3_600_000)
    assert run("cube", "d", "1", "--since", "30m").return_value == 5
    assert run("cube", "d", "1", "--since", "2h").return_value == 0


@pytest.mark.parametrize("span", ["0m", "m", "1y", "-1h", "1.5h", ""])
def test_what_is_no_duration_is_refused(span: str) -> None:
    result = CliRunner().invoke(main.cube, ["trace", "cube", "d", "1", f"--since={span}"])
    assert result.exit_code == 2
    assert "is no duration such as 15m or 6h" in result.output


def test_of_a_stack_the_calls_are_in_cloudwatch(
    desk: TraceDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put_votes(desk.vote(1))
    ((shard, records),) = desk.skip_count().items()
    number = str(records[0].sequence_number)
    logs = Logs({"/cube/votes/tally": [[line(number, number, shard=shard)]]})
    monkeypatch.setenv(STACK, "votes")
    monkeypatch.setattr("local.cli.trace.aws", lambda service: {"logs": logs}[service])
    steps = [json.loads(text) for text in run("cube", "d", "1").stdout.splitlines()]
    (call,) = (step for step in steps if step["station"] == "call")
    assert call["facts"]["request_id"] == f"r-{number}-{number}"


def test_the_command_means_the_same_of_a_stack() -> None:
    check_command("trace")
