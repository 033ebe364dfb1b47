"""The Data API over the real warehouse: what the scripted one promises is so."""

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from local.redshift_data import RedshiftDataService, WarehouseAddress, driver_connect
from local.redshift_data.driver import DriverConnection, LineBroken
from local.redshift_data.parameters import BoundSql, bind
from local.redshift_data.result import Result, ResultTooLarge
from local.warehouse.server import WarehouseServer
from tests.local.redshift_data.conftest import boto3_client
from tests.local.redshift_data.desk import WHERE, WORKGROUP, over, reach, until
from tests.local.warehouse.wire.desk import LOGIN, serving

TEN = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(10))
# Ten to the ninth rows, which nobody waits for.
MANY = f"WITH ten AS ({TEN}) SELECT a.n FROM " + ", ".join(f"ten AS {name}" for name in "abcdefghi")
ENDLESS = f"SELECT sum(n) FROM ({MANY} ORDER BY 1)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WarehouseServer]:
    with serving(tmp_path) as server:
        yield server


@pytest.fixture
def address(server: WarehouseServer) -> WarehouseAddress:
    return WarehouseAddress(port=server.port, **LOGIN)


def service_at(address: WarehouseAddress) -> RedshiftDataService:
    connect = driver_connect(address)
    return RedshiftDataService(connect, SystemClock(), workgroup=WORKGROUP, rng=random.Random(7))


@pytest.fixture
def service(address: WarehouseAddress) -> Iterator[RedshiftDataService]:
    service = service_at(address)
    yield service
    service.close()


@pytest.fixture
def api(service: RedshiftDataService) -> Iterator[Any]:
    """Return boto3's client, over the wire."""
    with boto3_client(service) as client:
        yield client


def run(api: Any, *sqls: str, **more: Any) -> Any:
    """Run one statement, or several as a batch, to their end; return what is said of them."""
    if len(sqls) == 1:
        return over(api, api.execute_statement(Sql=sqls[0], **WHERE, **more)["Id"])
    return over(api, api.batch_execute_statement(Sqls=list(sqls), **WHERE, **more)["Id"])


def records(api: Any, sql: str, **more: Any) -> list[list[dict[str, Any]]]:
    described = run(api, sql, **more)
    assert described["Status"] == "FINISHED", described["Error"]
    found: list[list[dict[str, Any]]] = api.get_statement_result(Id=described["Id"])["Records"]
    return found


def test_a_batch_that_fails_leaves_nothing_behind(api: Any) -> None:
    """E13: one transaction."""
    assert run(api, "CREATE TABLE t (n INTEGER)")["Status"] == "FINISHED"
    failed = run(api, "INSERT INTO t VALUES (1)", "INSERT INTO nowhere VALUES (1)")
    assert failed["Status"] == "FAILED"
    assert failed["Error"].startswith("Query #2 failed with ERROR: ")
    assert "nowhere" in failed["Error"]
    assert records(api, "SELECT count(*) FROM t") == [[{"longValue": 0}]]
    done = run(api, "INSERT INTO t VALUES (1), (2)", "SELECT n FROM t ORDER BY n")
    assert (done["Status"], done["SubStatements"][0]["ResultRows"]) == ("FINISHED", 2)
    result = api.get_statement_result(Id=f"{done['Id']}:2")
    assert result["Records"] == [[{"longValue": 1}], [{"longValue": 2}]]


def test_values_travel_as_values(api: Any) -> None:
    run(api, "CREATE TABLE t (n BIGINT, word VARCHAR(100), moment TIMESTAMP)")
    evil = "'; DROP TABLE t; --"
    given = {"n": "-7", "word": evil, "moment": "2026-02-03 04:05:06.5"}
    parameters = [{"name": name, "value": value} for name, value in given.items()]
    sql = "INSERT INTO t VALUES (:n, :word, :moment)"
    assert run(api, sql, Parameters=parameters)["Status"] == "FINISHED"
    assert records(api, "SELECT * FROM t") == [
        [{"longValue": -7}, {"stringValue": evil}, {"stringValue": given["moment"]}]
    ]


def test_a_statement_that_runs_is_cancelled(api: Any) -> None:
    running = api.execute_statement(Sql=ENDLESS, **WHERE)["Id"]
    reach(api, running, "STARTED")

    def stopped() -> bool:  # it may have started here and not yet there: then once more
        with contextlib.suppress(api.exceptions.ValidationException):
            api.cancel_statement(Id=running)
        return bool(api.describe_statement(Id=running)["Status"] == "ABORTED")

    until(stopped, "the statement is cancelled")
    assert records(api, "SELECT 1") == [[{"longValue": 1}]]


def test_an_engine_that_stops_does_not_wait_for_a_statement(
    api: Any, service: RedshiftDataService
) -> None:
    running = api.execute_statement(Sql=ENDLESS, **WHERE)["Id"]
    reach(api, running, "STARTED")
    started_s = time.monotonic()  # noqa: TID251 - a test's own watch
    service.close()
    assert time.monotonic() - started_s < 5  # noqa: TID251 - as above
    assert api.describe_statement(Id=running)["Status"] == "ABORTED"


def test_a_warehouse_that_is_not_there_fails_statements_with_the_reason(tmp_path: Path) -> None:
    with serving(tmp_path) as gone:
        address = WarehouseAddress(port=gone.port, **LOGIN)
    api = service_at(address)
    described = run(api, "SELECT 1")
    assert described["Status"] == "FAILED"
    assert described["Error"] == "connecting to the warehouse: Connection refused"
    api.close()


@pytest.mark.parametrize(
    ("changes", "where", "said"),
    [({"password": "wrong"}, {}, "password"), ({}, {"Database": "other"}, "other")],
)
def test_a_login_that_is_refused_says_why(
    server: WarehouseServer, changes: dict[str, str], where: dict[str, Any], said: str
) -> None:
    api = service_at(WarehouseAddress(port=server.port, **{**LOGIN, **changes}))
    reply = api.execute_statement(Sql="SELECT 1", **{**WHERE, **where})
    described = over(api, reply["Id"])
    assert described["Status"] == "FAILED"
    assert said in described["Error"]
    api.close()


def test_rows_are_taken_from_the_driver_one_by_one(address: WarehouseAddress) -> None:
    """A result that is too large is broken off long before its end."""
    connection = DriverConnection(address, "votes")
    assert connection.pid > 0
    result = Result(lambda count: None, bytes_max=10_000)
    (bound,) = bind([MANY], [])
    with pytest.raises(ResultTooLarge):
        connection.execute(bound, result)
    assert 100 < result.row_count < 10_000
    connection.close()


def test_a_warehouse_that_dies_in_a_statement_is_named(address: WarehouseAddress) -> None:
    """The driver itself speaks of firewalls, or of bytes that are missing."""
    connection = DriverConnection(address, "votes")
    dying = threading.Timer(0.2, connection.abandon)  # as the kernel does for a process that died
    dying.start()
    with pytest.raises(LineBroken, match="the warehouse went away"):
        connection.execute(BoundSql(ENDLESS), Result(lambda count: None))
    dying.join()
    connection.cancel()
    connection.close()


def test_every_session_begins_anew(address: WarehouseAddress) -> None:
    first = DriverConnection(address, "votes")
    first.begin()
    first.execute(BoundSql("CREATE TABLE t (n INTEGER)"), Result(lambda count: None))
    first.close()  # without a commit
    second = DriverConnection(address, "votes")
    with pytest.raises(Exception, match="t"):
        second.execute(BoundSql("SELECT * FROM t"), Result(lambda count: None))
    second.close()
