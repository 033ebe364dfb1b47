"""psycopg 3, as a BI tool would use it: simple and extended, text and binary, pipelines."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.warehouse.server import WarehouseServer
from local.warehouse.startup import TlsMode
from local.warehouse.tls import CERTIFICATE
from tests.local.warehouse.wire.desk import psycopg_client, serving

AT = datetime.fromisoformat("2026-11-05T10:20:30.123456")
ROW: list[Any] = [
    True, 7, 70_000, 2**40, 0.25, 0.1, Decimal("12.3400"), "naïve 'x'",
    date(2026, 11, 5), time(1, 2, 3), AT, AT.replace(tzinfo=UTC),
]  # fmt: skip


@pytest.fixture
def connection(server: WarehouseServer) -> Iterator[psycopg.Connection]:
    with psycopg_client(server) as connection:
        yield connection


@pytest.mark.parametrize("binary", [False, True])
def test_a_value_of_every_type_goes_in_and_comes_back(
    connection: psycopg.Connection, binary: bool
) -> None:
    connection.execute("""
        create table t (
            b boolean, s smallint, i integer, l bigint, r real, d double precision,
            n numeric(18, 4), v varchar(40), day date, clock time, at timestamp,
            at_zone timestamptz
        )
    """)
    mark = "%b" if binary else "%t"
    connection.execute(f"insert into t values ({', '.join([mark] * len(ROW))})", ROW)
    connection.execute("insert into t (i) values (null)")
    found = connection.execute("select * from t order by i nulls last", binary=binary).fetchall()
    assert list(found[0]) == ROW
    assert list(found[1]) == [None] * len(ROW)


def test_statements_without_parameters_go_as_one_query(connection: psycopg.Connection) -> None:
    connection.execute("create table t (n integer); insert into t values (1), (2)")
    cursor = connection.execute("select n from t order by n")
    assert cursor.fetchall() == [(1,), (2,)]
    assert cursor.statusmessage == "SELECT 2"


def test_a_transaction_block_rolls_back(connection: psycopg.Connection) -> None:
    connection.execute("create table t (n integer)")
    connection.commit()

    def fail() -> None:
        with connection.transaction():
            connection.execute("insert into t values (%s)", (1,))
            connection.execute("select * from nowhere")

    with pytest.raises(psycopg.DatabaseError, match="nowhere"):
        fail()
    assert connection.execute("select count(*) from t").fetchone() == (0,)


def test_a_statement_that_is_repeated_is_prepared_and_deallocated(
    connection: psycopg.Connection,
) -> None:
    connection.prepare_threshold = 1
    connection.prepared_max = 2
    for round_number in range(5):
        for shift in range(4):
            sql = f"select cast(%s as integer) + {shift}"
            cursor = connection.execute(sql, (round_number,))
            assert cursor.fetchone() == (round_number + shift,)


def test_rows_are_streamed_one_by_one(connection: psycopg.Connection) -> None:
    connection.execute("create table t (n integer)")
    with connection.cursor() as cursor:
        cursor.executemany("insert into t values (%s)", [(n,) for n in range(50)])
        assert [row[0] for row in cursor.stream("select n from t order by n")] == [*range(50)]


def test_a_pipeline_is_one_transaction(server: WarehouseServer) -> None:
    with psycopg_client(server, autocommit=True) as connection:
        connection.execute("create table t (n integer)")

        def fail() -> None:
            with connection.pipeline():
                connection.execute("insert into t values (%s)", (1,))
                connection.execute("select * from nowhere")

        with pytest.raises(psycopg.DatabaseError, match="nowhere"):
            fail()
        assert connection.execute("select count(*) from t").fetchone() == (0,)
        with connection.pipeline():
            connection.execute("insert into t values (%s)", (1,))
            connection.execute("insert into t values (%s)", (2,))
        assert connection.execute("select count(*) from t").fetchone() == (2,)


def test_over_tls_with_every_check(tmp_path: Path) -> None:
    with (
        serving(tmp_path, TlsMode.ON) as server,
        psycopg_client(
            server, sslmode="verify-full", sslrootcert=str(tmp_path / CERTIFICATE)
        ) as connection,
    ):
        assert connection.execute("select 1").fetchone() == (1,)
        assert connection.info.server_version == 80_002
