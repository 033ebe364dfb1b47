"""`cube recover`: what people and pipes see, which words are refused, and with which exit code."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.vote import encode_votes
from local.cli import main, recover_display
from tests.local.recovery.desk import RecoveryDesk, stamped
from tests.local.recovery.test_queued_failures import give_up


class Clients:
    """What the commands call services with; the desk's own time."""

    def __init__(self, desk: RecoveryDesk) -> None:
        self._by_name: dict[str, Any] = {
            "s3": desk.s3,
            "dynamodb": desk.dynamodb,
            "kinesis": desk,
            "lambda": desk.functions,
            "sqs": desk.sqs,
        }

    def __call__(self, service: str, data: Path) -> Any:
        return self._by_name[service]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecoveryDesk]:
    desk = RecoveryDesk(tmp_path)
    for command in ("recover", "recover_rebuild", "recover_batches", "recover_queue"):
        monkeypatch.setattr(f"local.cli.{command}.client", Clients(desk))
    monkeypatch.setattr("local.cli.recover._CLOCK", desk.clock)
    yield desk
    desk.close()


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a person read: a terminal."""
    for command in ("recover", "recover_rebuild", "recover_queue"):
        monkeypatch.setattr(f"local.cli.{command}.for_people", lambda as_json: not as_json)


def run(*words: str) -> Result:
    return CliRunner().invoke(main.cube, ["recover", *words])


def said(*words: str) -> list[dict[str, Any]]:
    """Run a command into a pipe; return its JSON lines."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def trouble(desk: RecoveryDesk) -> None:
    """Have a batch fail on its way to the lake, and two lines parked in it."""
    desk.put(stamped([desk.vote(1), desk.vote(2, poll="lunch")], 1, extra=b"j\x1bunk\n"))
    desk.count()
    desk.deliver(failing=True)


def test_a_pipe_gets_counts_by_reason_and_day_and_what_is_recovered(desk: RecoveryDesk) -> None:
    trouble(desk)
    before = said("list")
    assert [(row["kind"], row["reason"], row["waiting"], row["recovered"]) for row in before] == [
        ("history", "Lambda.ProcessingFailedStatus", 1, 0),
        ("parked", "not_json", 1, 0),
        ("parked", "unknown_poll", 1, 0),
    ]
    (done,) = said("put", "--kind", "history")
    assert (done["state"], done["by"]) == ("recovered", "rows")
    after = said("list", "--kind", "history")
    assert [(row["waiting"], row["recovered"]) for row in after] == [(0, 1)]


def test_failures_in_a_queue_are_spoken_of_collected_and_put(desk: RecoveryDesk) -> None:
    """B35: a queue is no place that lists show."""
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk)
    for words in (["list"], ["put", "--all", "--dry-run"]):
        result = run(*words)
        assert "1 failures wait in queues" in result.stderr
        assert result.stdout == ""
    assert desk.queued() == 1
    (taken,) = said("collect")
    assert (taken["records"], taken["gone"]) == (1, False)
    result = run("list", "--each")
    assert taken["key"] in result.stdout
    assert result.stderr == ""
    desk.put(stamped([desk.vote(2)], 2))
    give_up(desk)
    assert said("put", "--kind", "history") == []
    assert desk.queued() == 1, "only what was asked for"
    assert {done["state"] for done in said("put", "--all")} == {"recovered"}
    assert desk.totals() == {"red": 2}


@pytest.mark.usefixtures("people")
def test_a_person_sees_what_came_from_queues(desk: RecoveryDesk) -> None:
    desk.put(stamped([desk.vote(1)], 1))
    give_up(desk)
    assert "aws/lambda/queued/failures/" in run("collect").stdout


def test_each_entry_has_a_name_that_show_and_put_take(desk: RecoveryDesk) -> None:
    trouble(desk)
    (each,) = said("list", "--each", "--reason", "unknown_poll")
    assert each["state"] == "waiting"
    (facts,) = said("show", each["name"])
    assert facts["said"] == "it would be parked again: unknown_poll"
    assert facts["lines"] == [{"line": 1, "verdict": "unknown_poll"}]
    assert main.run(["recover", "put", each["name"]]) == 2, "a named one is left"
    desk.create_poll("lunch")
    desk.clock.advance(1)
    (done,) = said("put", each["name"], "--dry-run")
    assert (done["state"], len(desk.records())) == ("would", 1)
    (done,) = said("put", each["name"])
    assert (done["state"], len(desk.records())) == ("recovered", 1)
    (each,) = said("list", "--each", "--reason", "unknown_poll")
    assert each["state"] == "recovered by stream"


def test_a_batch_is_put_on_the_stream_again_when_asked(desk: RecoveryDesk) -> None:
    trouble(desk)
    (done,) = said("put", "--kind", "history", "--by-stream")
    assert done["by"] == "stream"
    assert len(desk.records()) == 2


def test_where_firehose_copies_itself_nobody_would_load_rows_made_here(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUBE_HISTORY_LOAD", "firehose")
    trouble(desk)
    (left,) = said("put", "--kind", "history")
    assert left["said"].endswith("did not deliver: use --by-stream")
    (done,) = said("put", "--kind", "history", "--by-stream")
    assert done["state"] == "recovered"
    words = ["recover", "rebuild", "--from", "2020-01-01", "--to", "2099-01-01"]
    assert main.run(words) == 0
    assert main.run([*words, "--write"]) == 2
    assert "loads no rows" in capsys.readouterr().err


def test_all_is_said_and_not_meant_by_saying_nothing(desk: RecoveryDesk) -> None:
    trouble(desk)
    assert main.run(["recover", "put"]) == 2
    assert len(said("put", "--all")) == 3


def test_times_choose_entries(desk: RecoveryDesk) -> None:
    trouble(desk)
    assert said("list", "--from", "2020-01-01", "--to", "2020-01-02") == []
    assert len(said("list", "--from", "2020-01-01")) == 3


def test_an_entry_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], desk: RecoveryDesk
) -> None:
    assert main.run(["recover", "show", "parked/none.json#1"]) == 2
    assert "there is no such entry" in capsys.readouterr().err


@pytest.mark.usefixtures("people")
def test_people_get_tables(desk: RecoveryDesk) -> None:
    trouble(desk)
    listed = run("list").output
    assert "waiting" in listed
    assert "unknown_poll" in listed
    assert "left as it is" in run("put", "--all").output
    assert "recovered before" in run("put", "--kind", "history").output
    assert "recovered by rows" in run("list", "--each").output


@pytest.mark.usefixtures("people")
def test_people_see_an_entry_line_by_line_and_nothing_steers_their_terminal(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble(desk)
    monkeypatch.setattr(recover_display, "LINES_SHOWN", 2)
    (key,) = desk.keys("errors/")
    shown = run("show", key).output
    assert "would recover it by rows" in shown
    assert "counts" in shown
    assert "and 1 more lines" in shown
    (parked,) = desk.keys("parked/")
    shown = run("show", f"{parked}#4").output
    assert "\x1b" not in shown
    assert "j\\x1bunk" in shown
    assert "left as it is: it would be parked again: not_json" in shown


def test_rebuilding_says_what_it_would_add_and_adds_it_when_told(desk: RecoveryDesk) -> None:
    desk.put(encode_votes([desk.vote(1)]))
    desk.deliver()
    (key,) = desk.keys("votes/")
    desk.s3.delete_object(Bucket="cube-lake", Key=key)
    words = ("rebuild", "--from", "2020-01-01", "--to", "2099-01-01")
    assert said(*words) == [
        {"kind": "add", "before": "no row", "after": "vote", "rows": 1, "written": False}
    ]
    assert not desk.keys("votes/")
    said(*words, "--write")
    assert len(desk.keys("votes/")) == 1
    assert said(*words)[0]["kind"] == "same"


@pytest.mark.usefixtures("people")
def test_people_are_told_how_to_go_on_with_rebuilding(desk: RecoveryDesk) -> None:
    desk.put(encode_votes([desk.vote(1)]))
    desk.deliver()
    words = ("rebuild", "--from", "2020-01-01", "--to", "2099-01-01")
    assert "The lake has every row of 1 objects" in run(*words).output
    (key,) = desk.keys("votes/")
    desk.s3.delete_object(Bucket="cube-lake", Key=key)
    assert "1 rows would be added: run it again with --write." in run(*words).output
    assert "1 rows added in 1 objects" in run(*words, "--write").output


def test_rebuilding_names_what_it_cannot_read_and_a_range_that_is_none(
    capsys: pytest.CaptureFixture[str], desk: RecoveryDesk
) -> None:
    key = desk.store("backup", desk.clock.now_ms(), b"\x1f\x8bno")
    assert main.run(["recover", "rebuild", "--from", "2020-01-01", "--to", "2099-01-01"]) == 5
    assert key in capsys.readouterr().err
    assert main.run(["recover", "rebuild", "--from", "2026-01-02", "--to", "2026-01-01"]) == 2


def test_batches_that_no_lane_has_are_said_and_then_counted(desk: RecoveryDesk) -> None:
    desk.put(stamped([desk.vote(1), desk.vote(2)], 1))
    desk.put_votes(desk.vote(3))
    desk.skip_count()
    desk.deliver()
    now_ms = desk.clock.now_ms()
    first, last = (
        datetime.fromtimestamp(ms / 1000, UTC).isoformat() for ms in (now_ms - 3_600_000, now_ms)
    )
    times = ("batches", "--from", first, "--to", last)
    (would,) = said(*times)
    assert (would["batches"], would["lines"], would["records_without_stamp"]) == (1, 2, 1)
    assert desk.totals() == {}
    (done,) = said(*times, "--write")
    assert done == {**would, "written": True}
    assert desk.totals() == {"red": 3}
    assert run("batches", "--from", last, "--to", first).exit_code != 0


@pytest.mark.parametrize("name", ["list", "show", "put", "rebuild", "batches"])
def test_every_command_of_recovery_has_help_with_an_example(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"cube recover {name}" in result.output
