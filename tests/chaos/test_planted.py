"""A chaos run that cannot fail is worth nothing: it finds what is planted in a true one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redshift_connector

from core import keys
from local.chaos.fault import Fault, Target, at_once
from local.chaos.judge import Judgement
from local.chaos.summary import try_fault
from local.chaos.system import System
from local.chaos.trial import Trial, judge_system
from local.cli.clients import client_at
from producers.journal import Ack, Journal, encode_ack, read_entries
from producers.outbox_meta import read_meta

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(400)]

INHERITED = os.environ  # noqa: TID251 - children need what this process has
Stages = dict[str, tuple[int, int]]


def stages(judgement: Judgement) -> Stages:
    return {stage.stage: (stage.lost, stage.doubled) for stage in judgement.stages}


def add(system: System, votes: int) -> None:
    """Let a total say so many votes more than were counted."""
    client: Any = client_at("dynamodb", system.endpoint)
    client.update_item(
        TableName="tallies",
        Key={"pk": {"S": keys.poll_pk("cube")}, "sk": {"S": keys.total_sk(0)}},
        UpdateExpression="ADD #red :n",
        ExpressionAttributeNames={"#red": "c#red"},
        ExpressionAttributeValues={":n": {"N": str(votes)}},
    )


def ask(system: System, sql: str) -> None:
    """Write in the warehouse, as nobody but the load should."""
    instance = system.instance()
    assert instance is not None
    assert instance.warehouse_port is not None
    with redshift_connector.connect(
        host="127.0.0.1",
        port=instance.warehouse_port,
        user="cube",
        password="cube",
        database="votes",
        ssl=False,
    ) as connection:
        connection.cursor().execute(sql)
        connection.commit()


def acknowledge_what_was_never_put(outbox: Path) -> None:
    """Let an outbox say that its stream has taken three votes more in a lane than it has."""
    producer, lanes = read_meta(outbox)
    assert producer
    newest = max((entry for _, entry in read_entries(outbox, lanes)), key=lambda each: each.number)
    journal = Journal(outbox)
    ack = Ack(newest.lane, newest.number + 1, newest.total + 3)
    journal.append(encode_ack(ack), durable=True)
    journal.close()


def test_what_is_planted_in_a_run_is_found_in_it(tmp_path: Path) -> None:
    """One system: judged whole, then with each fault planted, one after another."""
    system = System(tmp_path / "data", INHERITED, words=())
    outbox = system.data / "outbox" / "load"
    try:
        system.up()
        load = system.cube("load", "--votes", "2000", "--rate", "2000", "--outbox", str(outbox))
        assert load.returncode == 0, load.stderr
        whole = judge_system(system)
        assert whole.ok, whole
        assert (whole.votes, whole.lost, whole.doubled) == (2_000, 0, 0)

        def planted(plant: Callable[[], None]) -> tuple[Stages, str]:
            plant()
            judgement = judge_system(system, wait_s=5)
            assert not judgement.ok
            return stages(judgement), " ".join(judgement.broken)

        found, broken = planted(lambda: add(system, 2))
        assert found == {"stream": (0, 0), "live": (0, 2), "history": (0, 0)}
        assert "totals_equal_ledger" in broken
        found, _ = planted(lambda: add(system, -3))
        assert found == {"stream": (0, 0), "live": (1, 0), "history": (0, 0)}
        add(system, 1)
        found, broken = planted(lambda: ask(system, DELETE_ONE))
        assert found == {"stream": (0, 0), "live": (0, 0), "history": (1, 0)}
        assert "loads_equal_tables" in broken
        found, _ = planted(lambda: ask(system, DOUBLE_ONE))
        assert found == {"stream": (0, 0), "live": (0, 0), "history": (1, 1)}
        found, broken = planted(lambda: acknowledge_what_was_never_put(outbox))
        assert found["stream"] == (3, 0)
        assert "acknowledged_equals_applied" in broken
    finally:
        system.end()


LEAST = "(SELECT MIN(device_id || CAST(seq AS VARCHAR)) FROM votes)"
DELETE_ONE = f"DELETE FROM votes WHERE device_id || CAST(seq AS VARCHAR) = {LEAST}"
DOUBLE_ONE = (
    f"INSERT INTO votes SELECT * FROM votes WHERE device_id || CAST(seq AS VARCHAR) = {LEAST}"
)


def test_a_fault_that_loses_a_vote_fails_its_row() -> None:
    """The whole way of `cube chaos`, with a strike that takes a vote away."""

    def take_one(target: Target) -> Callable[[], bool]:
        add(target.system, -1)
        return at_once

    fault = Fault(name="thief", what="a hand in the table", strike=take_one)
    row = try_fault(Trial(environment=INHERITED, rate=1_000, seconds=0), fault, times=1)
    assert (row.ok, row.lost, row.doubled) == (False, 1, 0)
    assert any("totals_equal_ledger" in broken for broken in row.broken)
