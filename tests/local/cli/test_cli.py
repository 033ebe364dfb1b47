"""Words on the command line: exit codes, one-line errors, help, and what a pipe gets."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from click.testing import CliRunner

from core.errors import AlreadyRunning, DataFolderUnusable, PollUnknown, PortTaken
from local.aws_error import AwsError
from local.cli import main
from local.cli.failure import failure_of
from local.cli.options import Size
from local.supervise.folder import DataFolder
from local.supervise.lock import InstanceLock

COMMANDS = ["up", "demo", "poll", "tally", "query", "check", "status", "down", "reset"]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "PutItem")


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (PollUnknown("reading poll: there is no 'x'"), 2),
        (PortTaken("opening port 4566"), 3),
        (DataFolderUnusable("opening data folder"), 3),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 5),
        (refused("ResourceNotFoundException"), 5),
        (AwsError("ThrottlingException", "slow down"), 5),
        (ZeroDivisionError("division by zero"), 1),
    ],
)
def test_every_error_becomes_one_line_and_an_exit_code(error: Exception, exit_code: int) -> None:
    failure = failure_of(error)
    assert failure.exit_code == exit_code
    assert failure.message
    assert "\n" not in failure.message
    assert failure.hint or exit_code == 2


def test_an_error_is_printed_without_a_traceback(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    code = main.run(["tally", "--poll", "cube", "--data", str(tmp_path / "none")])
    said = capsys.readouterr().err
    assert code == 5
    assert said.startswith("error: looking for the engine: nothing runs in ")
    assert said.endswith("hint: Start it with `cube up`.\n")
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["up", "--aws-port", "0"], ["up", "--max-disk", "lots"], ["poll", "create"]],
)
def test_words_that_are_off_end_with_2(words: list[str]) -> None:
    assert main.run(words) == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(main.cube, [name, "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.output
    assert f"cube {name}" in result.output


def test_the_list_of_commands_does_not_import_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_import(name: str) -> Any:
        raise AssertionError(f"{name} was imported")

    monkeypatch.setattr("local.cli.main.importlib.import_module", no_import)
    result = CliRunner().invoke(main.cube, ["--help"])
    assert result.exit_code == 0
    assert all(f"  {name} " in result.output for name in COMMANDS)


@pytest.mark.parametrize(
    ("text", "count"),
    [("20GB", 20_000_000_000), ("1.5 k", 1_500), ("12", 12), ("3mb", 3_000_000), ("1T", 10**12)],
)
def test_sizes_are_read_as_people_write_them(text: str, count: int) -> None:
    assert Size().convert(text, None, None) == count


@pytest.mark.parametrize("text", ["", "-1", "1XB", "GB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Size().convert(text, None, None)


def test_reset_asks_and_deletes_only_when_told(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    words = ["reset", "--data", str(folder.root)]
    assert CliRunner().invoke(main.cube, words, input="n\n").exit_code == 1
    assert folder.root.exists()
    assert CliRunner().invoke(main.cube, [*words, "--yes"]).exit_code == 0
    assert not folder.root.exists()
    assert CliRunner().invoke(main.cube, [*words, "--yes"]).exit_code == 0


def test_reset_is_refused_while_something_runs(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    lock = InstanceLock.acquire(folder.lock)
    result = CliRunner().invoke(main.cube, ["reset", "--yes", "--data", str(tmp_path)])
    assert isinstance(result.exception, AlreadyRunning)
    assert folder.version.exists()
    lock.release()


def test_down_of_nothing_is_fine(tmp_path: Path) -> None:
    result = CliRunner().invoke(main.cube, ["down", "--data", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output.startswith("Nothing runs in ")


def test_up_in_a_file_is_refused_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main.run(["up", "--data", str(tmp_path / "file" / "x"), "--no-dashboard"]) == 3
    assert capsys.readouterr().err.startswith("error: opening data folder: ")


def test_a_poll_list_is_json_lines_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from core.poll import PollRules
    from tests.local.evidence_desk import TABLE, EvidenceDesk

    desk = EvidenceDesk(tmp_path)
    closed = PollRules(poll="lunch", version=1, effective_ms=0, palette=("soup",), closes_ms=5)
    desk.table.put_item(TableName=TABLE, Item=closed.to_item())
    monkeypatch.setattr("local.cli.poll.client", lambda service, data: desk.table)
    result = CliRunner().invoke(main.cube, ["poll", "list"])
    polls = [json.loads(line) for line in result.output.splitlines()]
    assert [(poll["poll"], poll["state"]) for poll in polls] == [
        ("cube", "open"),
        ("lunch", "closed"),
    ]
    desk.close()


def test_a_tally_has_exactly_the_promised_members(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tests.local.evidence_desk import EvidenceDesk

    desk = EvidenceDesk(tmp_path)
    desk.vote(60)
    desk.consume()
    monkeypatch.setattr("local.cli.tally.client", lambda service, data: desk.table)
    result = CliRunner().invoke(main.cube, ["tally", "--poll", "cube", "--json"])
    assert json.loads(result.output) == {
        "poll": "cube",
        "total": 60,
        "by_colour": dict.fromkeys(["red", "orange", "yellow", "green", "blue", "white"], 10),
    }
    unknown = CliRunner().invoke(main.cube, ["tally", "--poll", "nope"])
    assert isinstance(unknown.exception, PollUnknown)
    desk.close()
