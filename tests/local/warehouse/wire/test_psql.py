"""The real psql, when this machine has one."""

import shutil
import subprocess
from pathlib import Path

import pytest

from local.warehouse.server import WarehouseServer
from local.warehouse.startup import TlsMode
from tests.local.warehouse.wire.desk import serving

PSQL = shutil.which("psql")
pytestmark = pytest.mark.skipif(PSQL is None, reason="there is no psql on PATH")


def address(server: WarehouseServer, sslmode: str = "disable", password: str = "cube") -> str:
    return (
        f"host=127.0.0.1 port={server.port} user=cube password={password} dbname=votes "
        f"sslmode={sslmode}"
    )


def psql(where: str, *words: str, script: str = "") -> subprocess.CompletedProcess[str]:
    assert PSQL is not None
    return subprocess.run(
        [PSQL, "--no-psqlrc", where, "-v", "ON_ERROR_STOP=1", *words],
        input=script,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_several_statements_in_one_string(server: WarehouseServer) -> None:
    done = psql(
        address(server),
        "-At",
        "-c",
        "create table t (n integer, v varchar(9)); insert into t values (1, 'red'), (2, null)",
        "-c",
        "select n, v from t order by n; select 'done'",
    )
    assert (done.stdout, done.stderr) == ("CREATE TABLE\nINSERT 0 2\n1|red\n2|\ndone\n", "")


def test_a_script_with_a_transaction(server: WarehouseServer) -> None:
    script = """
        create table t (n integer);
        begin; insert into t values (1); rollback;
        begin; insert into t values (2); commit;
        select n from t;
    """
    done = psql(address(server), "-Atq", script=script)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_an_error_is_shown_with_its_text(server: WarehouseServer) -> None:
    done = psql(address(server), "-c", "select * from nowhere")
    assert done.returncode == 1
    assert "ERROR:" in done.stderr
    assert "nowhere" in done.stderr


def test_a_wrong_password_is_shown(server: WarehouseServer) -> None:
    done = psql(address(server, password="wrong"), "-c", "select 1")
    assert done.returncode == 2
    assert 'password authentication failed for user "cube"' in done.stderr


def test_copying_from_the_client_is_refused(server: WarehouseServer) -> None:
    psql(address(server), "-c", "create table t (n integer)")
    done = psql(address(server), "-c", "copy t from stdin", script="1\n")
    assert done.returncode != 0
    assert "ERROR:" in done.stderr


@pytest.mark.parametrize("sslmode", ["prefer", "require"])
def test_psql_encrypts(tmp_path: Path, sslmode: str) -> None:
    with serving(tmp_path, TlsMode.BOTH) as server:
        done = psql(address(server, sslmode), "-At", "-c", "\\conninfo")
        assert "TLS" in done.stdout, done.stderr
