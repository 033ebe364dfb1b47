"""The unmodified redshift_connector: what the stages and people do with it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pytest
from redshift_connector.error import ProgrammingError

from local.warehouse.server import WarehouseServer
from local.warehouse.startup import TlsMode
from local.warehouse.tls import CERTIFICATE
from tests.local.warehouse.wire.desk import driver, refusal, serving

AT = datetime.fromisoformat("2026-11-05T10:20:30.123456")
AT_UTC = AT.replace(tzinfo=UTC)
TABLE = """
    create table t (
        b boolean, s smallint, i integer, l bigint, r real, d double precision,
        n numeric(18, 4), v varchar(40), c char(3), day date, clock time,
        at timestamp, at_zone timestamptz
    ) diststyle even
"""
ROW: list[Any] = [
    True, 7, 70_000, 2**40, 0.5, 0.1, Decimal("12.3400"), "naïve 'x'", "abc",
    date(2026, 11, 5), time(1, 2, 3), AT, AT_UTC,
]  # fmt: skip


@pytest.fixture
def connection(server: WarehouseServer) -> Iterator[Any]:
    with driver(server) as connection:
        yield connection


def seen_by_another(server: WarehouseServer, sql: str) -> list[list[Any]]:
    with driver(server) as other, other.cursor() as cursor:
        cursor.execute(sql)
        return [list(row) for row in cursor.fetchall()]


def test_a_value_of_every_type_goes_in_and_comes_back(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(TABLE)
    marks = ", ".join(["%s"] * len(ROW))
    cursor.execute(f"insert into t values ({marks})", ROW)
    cursor.execute(f"insert into t values ({marks})", [None] * len(ROW))
    cursor.execute("select * from t order by i nulls last")
    first, second = cursor.fetchall()
    assert list(first) == ROW
    assert list(second) == [None] * len(ROW)
    names = [column[0] for column in cursor.description]
    assert names[:3] == ["b", "s", "i"]
    connection.commit()


def test_what_is_committed_is_seen_by_others_and_what_is_rolled_back_is_not(
    server: WarehouseServer, connection: Any
) -> None:
    cursor = connection.cursor()
    cursor.execute("create table t (n integer)")
    connection.commit()
    cursor.execute("insert into t values (%s)", (1,))
    assert seen_by_another(server, "select * from t") == []
    connection.commit()
    cursor.execute("insert into t values (%s)", (2,))
    connection.rollback()
    assert seen_by_another(server, "select * from t") == [[1]]


def test_in_autocommit_every_statement_is_seen_at_once(
    server: WarehouseServer, connection: Any
) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("create table t (n integer)")
    cursor.execute("insert into t values (%s)", (1,))
    assert seen_by_another(server, "select * from t") == [[1]]


def test_executemany_and_row_counts(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("create table t (n integer, v varchar(10))")
    cursor.executemany("insert into t values (%s, %s)", [(n, str(n)) for n in range(20)])
    assert cursor.rowcount == 20
    cursor.execute("delete from t where n < %s", (5,))
    assert cursor.rowcount == 5
    cursor.execute("update t set v = %s where n >= %s", ("x", 15))
    assert cursor.rowcount == 5
    cursor.execute("select n, v from t where v = %s order by n", ("x",))
    assert [tuple(row) for row in cursor.fetchall()] == [(n, "x") for n in range(15, 20)]


def test_data_frames_out_and_in(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("create table t (n integer, v varchar(10), at timestamp)")
    frame = pandas.DataFrame({"n": [1, 2], "v": ["red", "blue"], "at": [AT, AT]})
    cursor.write_dataframe(frame, "t")
    cursor.execute("select n, v, at from t order by n")
    found = cursor.fetch_dataframe()
    assert found.columns.tolist() == ["n", "v", "at"]
    assert found.values.tolist() == [[1, "red", AT], [2, "blue", AT]]


def test_tables_and_columns_are_listed(connection: Any) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("create table t (n integer not null, v varchar(10))")
    tables = cursor.get_tables(schema_pattern="public", table_name_pattern="t")
    assert [row[2] for row in tables] == ["t"]
    columns = cursor.get_columns(schema_pattern="public", tablename_pattern="t")
    assert [row[3] for row in columns] == ["n", "v"]


def test_an_error_has_its_sqlstate_and_the_connection_recovers(connection: Any) -> None:
    cursor = connection.cursor()
    with pytest.raises(ProgrammingError) as caught:
        cursor.execute("select * from nowhere")
    assert caught.value.args[0]["C"] == "42P01"
    assert "nowhere" in caught.value.args[0]["M"]
    with pytest.raises(ProgrammingError) as caught:
        cursor.execute("select 1")
    assert caught.value.args[0]["C"] == "25P02"
    connection.rollback()
    cursor.execute("select 1")
    assert cursor.fetchone() == [1]


def test_a_statement_is_prepared_anew_after_ddl(connection: Any) -> None:
    """The driver closes its cached statements after CREATE, ALTER, DROP and ROLLBACK."""
    cursor = connection.cursor()
    for round_number in range(3):
        cursor.execute("create table t (n integer)")
        cursor.execute("insert into t values (%s)", (round_number,))
        cursor.execute("select * from t")
        assert cursor.fetchall() == ([round_number],)
        cursor.execute("drop table t")
    connection.commit()


def test_a_wrong_password_is_an_interface_error(server: WarehouseServer) -> None:
    said = refusal(server, password="wrong")
    assert said.startswith("InterfaceError")
    assert "28000" in said


def test_without_tls_a_driver_that_wants_it_is_refused(server: WarehouseServer) -> None:
    assert refusal(server, ssl=True) == "InterfaceError: Server refuses SSL"


@pytest.mark.filterwarnings("ignore:ssl.:DeprecationWarning")  # how the driver makes its context
@pytest.mark.parametrize("mode", [TlsMode.ON, TlsMode.BOTH])
def test_over_tls_with_the_certificate_in_ssl_cert_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: TlsMode
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / CERTIFICATE))
    for sslmode in ("verify-ca", "verify-full"):
        with (
            serving(tmp_path, mode) as server,
            driver(server, ssl=True, sslmode=sslmode) as connection,
        ):
            cursor = connection.cursor()
            cursor.execute("select %s", ("x" * 100_000,))
            assert cursor.fetchone() == ["x" * 100_000]


def test_a_certificate_that_is_not_trusted_is_the_clients_error(tmp_path: Path) -> None:
    with serving(tmp_path, TlsMode.BOTH) as server:
        assert "CERTIFICATE_VERIFY_FAILED" in refusal(server, ssl=True)
        with driver(server) as connection, connection.cursor() as cursor:
            cursor.execute("select 1")  # the server goes on
            assert cursor.fetchone() == [1]


def test_where_tls_is_a_must_a_plain_client_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, TlsMode.ON) as server:
        assert "encrypted connections only" in refusal(server)
