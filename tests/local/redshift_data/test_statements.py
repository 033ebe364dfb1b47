"""Statements from boto3 over the wire: taken in at once, run, described, and never half done."""

from typing import Any

import pytest

from core.clock import ManualClock
from local.redshift_data.limits import THREADS
from tests.local.redshift_data.desk import (
    WHERE,
    ScriptedWarehouse,
    WarehouseRefused,
    over,
    reach,
    until,
)


def test_a_statement_is_answered_at_once_and_runs_behind(
    client: Any, warehouse: ScriptedWarehouse
) -> None:
    """E13: asynchronous; the statuses in AWS's order."""
    warehouse.door.clear()
    reply = client.execute_statement(Sql="wait", DbUser="me", **WHERE)
    assert (reply["WorkgroupName"], reply["Database"], reply["DbUser"]) == ("cube", "votes", "me")
    waiting = [client.execute_statement(Sql="wait", **WHERE)["Id"] for _ in range(THREADS)]
    reach(client, reply["Id"], "PICKED")
    first = client.describe_statement(Id=reply["Id"])
    assert (first["ResultRows"], first["ResultSize"], first["Duration"]) == (-1, -1, -1)
    assert client.describe_statement(Id=waiting[-1])["Status"] == "SUBMITTED"
    warehouse.door.set()
    reach(client, reply["Id"], "STARTED")
    warehouse.gate.set()
    described = over(client, reply["Id"])
    assert described["Status"] == "FINISHED"
    assert (described["QueryString"], described["ResultRows"]) == ("wait", 1)
    assert (described["RedshiftPid"], described["HasResultSet"]) == (77, False)
    assert {over(client, each)["Status"] for each in waiting} == {"FINISHED"}


def test_a_single_statement_commits_by_itself_on_a_session_of_its_own(
    client: Any, warehouse: ScriptedWarehouse
) -> None:
    for sql in ("vacuum votes", "analyze votes"):
        over(client, client.execute_statement(Sql=sql, **WHERE)["Id"])
    until(lambda: warehouse.said.count("close") == 2, "the sessions end")
    assert warehouse.said == [
        *("connect votes", "vacuum votes", "close"),
        *("connect votes", "analyze votes", "close"),
    ]


def test_a_batch_is_one_transaction(client: Any, warehouse: ScriptedWarehouse) -> None:
    """E13: sub-statements have ids of their own, and results of their own."""
    warehouse.answers = {"copy": 5, "select": [[3]]}
    reply = client.batch_execute_statement(Sqls=["copy", "select"], **WHERE)
    described = over(client, reply["Id"])
    assert warehouse.said[:5] == ["connect votes", "begin", "copy", "select", "commit"]
    assert (described["Status"], described["HasResultSet"]) == ("FINISHED", True)
    assert described["ExecutionMode"] == "TRANSACTION"
    copy, select = described["SubStatements"]
    assert (copy["Id"], copy["Status"]) == (f"{reply['Id']}:1", "FINISHED")
    assert (copy["ResultRows"], copy["HasResultSet"]) == (5, False)
    assert (select["ResultRows"], select["HasResultSet"]) == (1, True)
    assert client.describe_statement(Id=select["Id"])["QueryString"] == "select"
    result = client.get_statement_result(Id=select["Id"])
    assert result["Records"] == [[{"longValue": 3}]]


def test_a_batch_that_fails_is_rolled_back_whole(client: Any, warehouse: ScriptedWarehouse) -> None:
    """E13: what ran before is undone, what came after never runs."""
    warehouse.answers = {
        "two": WarehouseRefused('relation "x" does not exist', H="Make it first."),
        "one": [[1]],
    }
    reply = client.batch_execute_statement(Sqls=["one", "two", "three"], **WHERE)
    described = over(client, reply["Id"])
    assert warehouse.said[:5] == ["connect votes", "begin", "one", "two", "rollback"]
    assert described["Status"] == "FAILED"
    assert described["Error"] == (
        'Query #2 failed with ERROR: relation "x" does not exist\n  Hint: Make it first.'
    )
    statuses = [part["Status"] for part in described["SubStatements"]]
    assert statuses == ["FINISHED", "FAILED", "ABORTED"]
    assert described["SubStatements"][1]["Error"].startswith('ERROR: relation "x"')
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="does not have result"):
        client.get_statement_result(Id=f"{reply['Id']}:1")


def test_a_statement_that_is_cancelled_is_aborted(
    client: Any, warehouse: ScriptedWarehouse
) -> None:
    running = client.batch_execute_statement(Sqls=["wait", "never"], **WHERE)["Id"]
    reach(client, running, "STARTED")
    others = [client.execute_statement(Sql="wait", **WHERE)["Id"] for _ in range(THREADS)]
    assert client.describe_statement(Id=others[-1])["Status"] == "SUBMITTED"
    assert client.cancel_statement(Id=others[-1])["Status"] is True
    assert client.cancel_statement(Id=running)["Status"] is True
    described = over(client, running)
    assert described["Status"] == "ABORTED"
    assert "canceling statement due to user request" in described["Error"]
    assert "never" not in warehouse.said
    warehouse.gate.set()
    assert over(client, others[-1])["Status"] == "ABORTED"
    assert over(client, others[0])["Status"] == "FINISHED"
    with pytest.raises(client.exceptions.ValidationException, match="already in ABORTED state"):
        client.cancel_statement(Id=running)


def test_a_batch_cancelled_between_two_statements_commits_nothing(
    client: Any, warehouse: ScriptedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warehouse then has nothing to stop: the next statement must not start."""
    monkeypatch.setattr("tests.local.redshift_data.desk.ScriptedSession.cancel", lambda self: None)
    running = client.batch_execute_statement(Sqls=["wait"], **WHERE)["Id"]
    reach(client, running, "STARTED")
    client.cancel_statement(Id=running)
    warehouse.gate.set()
    assert over(client, running)["Status"] == "ABORTED"
    assert "commit" not in warehouse.said


def test_a_warehouse_that_is_down_fails_statements_until_it_is_back(
    client: Any, warehouse: ScriptedWarehouse
) -> None:
    warehouse.down = True
    described = over(client, client.batch_execute_statement(Sqls=["one"], **WHERE)["Id"])
    assert described["Status"] == "FAILED"
    assert described["Error"] == "connecting to the warehouse: Connection refused"
    warehouse.down = False
    described = over(client, client.batch_execute_statement(Sqls=["one"], **WHERE)["Id"])
    assert described["Status"] == "FINISHED"


def test_an_engine_that_stops_breaks_statements_off(
    client: Any, service: Any, warehouse: ScriptedWarehouse
) -> None:
    """The session's end rolls back what was not committed; nothing new is taken in."""
    running = client.batch_execute_statement(Sqls=["wait"], **WHERE)["Id"]
    reach(client, running, "STARTED")
    service.close()
    assert client.describe_statement(Id=running)["Status"] == "ABORTED"
    assert warehouse.said[-2:] == ["rollback", "close"]
    with pytest.raises(client.exceptions.ExecuteStatementException, match="is stopping"):
        client.execute_statement(Sql="one", **WHERE)


def test_a_token_makes_a_request_one(
    client: Any, warehouse: ScriptedWarehouse, clock: ManualClock
) -> None:
    """E13: the same token within 8 hours is the same statement; after that a new one."""
    first = client.execute_statement(Sql="one", ClientToken="t", **WHERE)["Id"]
    over(client, first)
    assert client.execute_statement(Sql="one", ClientToken="t", **WHERE)["Id"] == first
    assert warehouse.said.count("one") == 1
    with pytest.raises(client.exceptions.ValidationException, match="token"):
        client.execute_statement(Sql="two", ClientToken="t", **WHERE)
    clock.advance(8 * 3_600_000)
    again = client.execute_statement(Sql="one", ClientToken="t", **WHERE)["Id"]
    assert again != first
    assert over(client, again)["Status"] == "FINISHED"
    assert warehouse.said.count("one") == 2
