"""The warehouse as a child of `cube up`: beside the others, killed at any moment, and back."""

import os
import signal
import socket
import urllib.request

import pytest
import redshift_connector

from local.cli.clients import client_at
from tests.local.redshift_data.desk import WHERE, over
from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]


def ask(desk: Desk, sql: str) -> object:
    """Return the first value of an answer, as any client of Redshift gets it."""
    connection = redshift_connector.connect(
        host="127.0.0.1",
        port=desk.warehouse_port,
        user="cube",
        password="cube",
        database="votes",
        ssl=False,
    )
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        ((value,),) = cursor.fetchall()
        return value
    finally:
        connection.close()


def test_the_warehouse_comes_up_with_its_tables_and_is_shown(desk: Desk) -> None:
    done = desk.run(*desk.up_words("--detach", history=True))
    assert done.returncode == 0, done.stderr
    url = f"postgresql://cube@127.0.0.1:{desk.warehouse_port}/votes"
    assert f"warehouse     {url}  password cube" in done.stdout
    status = desk.status()
    assert (status["warehouse"], status["warehouse_port"]) == (url, desk.warehouse_port)
    child = desk.child("warehouse")
    assert (child["port"], child["state"]) == (desk.warehouse_port, "ready")
    with urllib.request.urlopen(f"http://127.0.0.1:{desk.warehouse_port}/readyz") as answer:
        assert answer.status == 200
    assert ask(desk, "SELECT count(*) FROM votes") == 0
    assert (desk.data / "warehouse" / "votes.duckdb").exists()
    desk.down()
    desk.nothing_left()
    assert desk.run("reset", "--yes").returncode == 0
    assert not desk.data.exists()


def test_the_data_api_answers_for_the_workgroup_of_the_drawing(desk: Desk) -> None:
    desk.up(history=True)
    api = client_at("redshift-data", f"http://127.0.0.1:{desk.aws_port}")
    described = over(api, api.execute_statement(Sql="SELECT count(*) FROM votes", **WHERE)["Id"])
    assert described["Status"] == "FINISHED", described["Error"]
    assert api.get_statement_result(Id=described["Id"])["Records"] == [[{"longValue": 0}]]


def test_a_killed_warehouse_comes_back_while_the_others_go_on(desk: Desk) -> None:
    desk.up(history=True)
    api = client_at("redshift-data", f"http://127.0.0.1:{desk.aws_port}")
    os.kill(desk.child("warehouse")["pid"], signal.SIGKILL)
    assert desk.run("vote", "--colour", "red").returncode == 0
    wait_until(
        lambda: (now := desk.child("warehouse"))["state"] == "ready" and now["restarts"] == 1,
        "the warehouse is back",
    )
    assert desk.child("engine")["restarts"] == 0
    described = over(api, api.execute_statement(Sql="SELECT count(*) FROM votes", **WHERE)["Id"])
    assert described["Status"] == "FINISHED", described["Error"]


def test_the_live_path_runs_without_history(desk: Desk) -> None:
    desk.up()
    status = desk.status()
    assert [child["name"] for child in status["children"]] == ["engine"]
    assert (status["warehouse"], status["warehouse_port"]) == (None, None)
    assert set(status["engine"]["functions"]) == {
        "tally",
        "dispatch",
        "worker",
        "rollup",
        "trend",
    }
    assert desk.run("vote", "--colour", "red").returncode == 0
    assert desk.check()["totals_equal_ledger"]["ok"]


def test_a_warehouse_port_that_is_taken_is_named(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", desk.warehouse_port))
        taken.listen()
        done = desk.run(*desk.up_words(history=True))
    assert done.returncode == 3
    assert f"port {desk.warehouse_port} (--warehouse-port)" in done.stderr
    assert "or choose another port: --aws-port, --dashboard-port, --warehouse-port" in done.stderr
    desk.nothing_left()
