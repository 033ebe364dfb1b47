"""`cube deploy` and `cube --cloud`, as a person runs them, against ministack as the account.

Aside are the warehouse and two alarms, as in test_referee.py.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from infra.deploy.stack import Stack
from local.cli import deploy as deploy_module
from local.cli.main import run
from tests.infra.ministack import Ministack
from tests.infra.test_referee import UNKNOWN_THERE

NAME: Final = "votes-of-a-test"
HOW: Final = (
    *("--stack", NAME, "--set", "Warehouse=none", "--platform", "here", "--yes"),
    *(word for name in sorted(UNKNOWN_THERE) for word in ("--leave-out", name)),
)
pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    aws = Ministack(tmp_path_factory.mktemp("ministack"))
    try:
        yield aws
    finally:
        aws.end()


@pytest.fixture(autouse=True)
def desk(aws: Ministack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell in an empty folder, with credentials of ministack."""

    monkeypatch.setattr(deploy_module, "pause_ms", lambda ms: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)


def stack(aws: Ministack) -> Stack:
    return Stack(aws.client("cloudformation"), NAME, wait=lambda ms: None)


def cloud(*words: str) -> int:
    """Run `cube --cloud`, in an environment that is as before afterwards."""
    before = dict(os.environ)  # noqa: TID251 - the command sets its process's for good
    try:
        return run(["--cloud", NAME, *words])
    finally:
        os.environ.clear()  # noqa: TID251 - as above
        os.environ.update(before)  # noqa: TID251 - as above


def test_a_stack_is_planned_built_tried_and_ended(
    aws: Ministack, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["deploy", *HOW, "--plan"]) == 0
    planned = capfd.readouterr().out
    assert f"Stack {NAME}: " in planned
    assert "add TallyFunction, AWS::Lambda::Function" in planned
    assert stack(aws).status() is None, "a plan leaves nothing behind"

    assert run(["deploy", *HOW]) == 0, aws.log()[-3_000:]
    done = capfd.readouterr()
    assert "1,000 votes, 0 left" in done.out + done.err or '"accepted":1000' in done.out
    verdicts = [json.loads(line) for line in done.out.splitlines() if line.startswith('{"name"')]
    assert {"acknowledged_equals_applied", "totals_equal_ledger"} <= {
        verdict["name"] for verdict in verdicts
    }
    assert all(verdict["ok"] for verdict in verdicts)

    assert run(["deploy", *HOW, "--plan"]) == 0
    assert f"Stack {NAME}: nothing changes." in capfd.readouterr().out

    mapping = stack(aws).outputs()["TallyMappingId"]
    functions = aws.client("lambda")
    assert cloud("pause", "counting") == 0
    assert "isabl" in functions.get_event_source_mapping(UUID=mapping)["State"]
    assert cloud("resume") == 0, "without a warehouse there are no loads to resume"
    assert "nabl" in functions.get_event_source_mapping(UUID=mapping)["State"]

    assert run(["deploy", "--stack", NAME, "--destroy", "--yes"]) == 0
    assert stack(aws).status() is None
    assert run(["deploy", "--stack", NAME, "--destroy", "--yes"]) == 0
    assert "There is no stack" in capfd.readouterr().out
