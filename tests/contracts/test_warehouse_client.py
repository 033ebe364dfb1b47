"""What every client of the warehouse does alike: redshift_connector's, and the Data API's."""

import random
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.clock import SystemClock
from core.errors import (
    CubeError,
    Misconfigured,
    ParameterRefused,
    QueryCancelled,
    QueryFailed,
    QueryRefused,
)
from core.query_value import QueryValue, ValueKind, text_value
from core.warehouse import WarehouseClient
from core.warehouse_data_api import DataApiWarehouse
from core.warehouse_driver import Address, DriverWarehouse
from local.redshift_data.api import RedshiftDataService
from local.redshift_data.driver import WarehouseAddress, driver_connect
from tests.sql.desk import Desk, served

# Billions of rows to count: it runs until it is stopped.
ENDLESS = f"SELECT COUNT(*) FROM votes AS v0, {', '.join(f'votes AS v{n}' for n in range(1, 14))}"
ODD_TEXTS = [
    "it's",
    "'; DROP TABLE votes; --",
    '"; SELECT 1; /*',
    "\\'; DELETE FROM votes; --",
    "$1 ? %s :poll",
    "$$ x $$",
    "line\nbreak\ttab",
    "\N{SNOWMAN} é \N{GRINNING FACE}",
    "",
    "x" * 5_000,
]


@pytest.fixture(scope="module")
def history() -> Iterator[Desk]:
    with served() as desk:
        yield desk


@pytest.fixture(params=["driver", "data-api"])
def client(request: pytest.FixtureRequest, history: Desk) -> Iterator[WarehouseClient]:
    clock = SystemClock()
    if request.param == "driver":
        driver = DriverWarehouse(
            Address("127.0.0.1", history.port, "votes", "cube", "cube"), clock=clock
        )
        yield driver
        driver.close()
        return
    address = WarehouseAddress(port=history.port, user="cube", password="cube")
    service: Any = RedshiftDataService(  # a boto3 client is Any, too
        driver_connect(address), clock, workgroup="cube", rng=random.Random(5)
    )
    yield DataApiWarehouse(service, workgroup="cube", database="votes", clock=clock)
    service.close()


def test_values_come_as_what_they_are(client: WarehouseClient) -> None:
    result = client.query(
        "SELECT 7 AS i, CAST(9007199254740993 AS BIGINT) AS b, CAST(12.50 AS NUMERIC(9, 2)) AS n, "
        "CAST(0.25 AS DOUBLE PRECISION) AS f, 'é' AS t, TRUE AS y, CAST(NULL AS INTEGER) AS z, "
        "CAST('2026-11-01' AS DATE) AS d, CAST('2026-11-01 10:00:00.5' AS TIMESTAMP) AS m"
    )
    assert result.columns == ("i", "b", "n", "f", "t", "y", "z", "d", "m")
    moment = datetime(2026, 11, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    expected = (
        7,
        2**53 + 1,
        Decimal("12.50"),
        0.25,
        "é",
        True,
        None,
        date(2026, 11, 1),
        moment,
    )
    assert result.rows == [expected]
    assert list(map(type, result.rows[0])) == list(map(type, expected))
    assert not result.truncated
    assert result.took_ms >= 0


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_a_parameter_is_data_whatever_it_says(client: WarehouseClient, text: str) -> None:
    result = client.query("SELECT :it AS it, LEN(:it) AS chars", {"it": text_value(text)})
    assert result.rows == [(text, len(text))]
    names = QueryValue(ValueKind.TEXTS, (text, "north"))
    found = client.query("SELECT COUNT(*) FROM votes WHERE region IN (:names)", {"names": names})
    assert found.rows == [(5,)]
    assert client.query("SELECT COUNT(*) FROM votes").rows == [(11,)]


def test_parameters_of_every_kind_filter(client: WarehouseClient) -> None:
    params = {
        "seq": QueryValue(ValueKind.INTEGER, ("1",)),
        "share": QueryValue(ValueKind.NUMBER, ("0.5",)),
        "since": QueryValue(ValueKind.TIME, ("2026-11-01 10:01:05",)),
        "poll": QueryValue(ValueKind.TEXT),
    }
    result = client.query(
        "SELECT device_id FROM votes WHERE seq = :seq AND seq * 0.6 > :share "
        "AND voted_at >= :since AND (:poll IS NULL OR poll = :poll) ORDER BY voted_at",
        params,
    )
    assert result.rows == [("d2",), ("d3",), ("d4",)]


def test_an_answer_without_rows_has_its_columns(client: WarehouseClient) -> None:
    result = client.query("SELECT poll, seq FROM votes WHERE poll = 'nobody'")
    assert (result.columns, result.rows) == (("poll", "seq"), [])


def test_rows_are_bounded_in_the_order_that_was_asked_for(client: WarehouseClient) -> None:
    sql = "SELECT seq, device_id FROM votes WHERE poll = 'cube' ORDER BY device_id, seq"
    result = client.query(sql, rows_max=4)
    assert result.rows == [(1, "d1"), (2, "d1"), (3, "d1"), (1, "d2")]
    assert result.truncated
    assert not client.query(sql, rows_max=9).truncated
    assert len(client.query(f"{sql} LIMIT 6", rows_max=9).rows) == 6
    assert client.query(f"{sql} LIMIT 6", rows_max=5).truncated


def test_many_rows_come_in_pages(client: WarehouseClient) -> None:
    result = client.query(
        "SELECT a.seq FROM votes AS a, votes AS b, votes AS c, votes AS d", rows_max=9_000
    )
    assert len(result.rows) == 9_000
    assert result.truncated


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("SELECT * FROM nothing_such", "nothing_such"),
        ("SELECT nothing_such FROM votes", "nothing_such"),
        ("SELECT 1 FROM votes WHERE", ""),
        ("SELECT CAST(region AS INTEGER) FROM votes", ""),
    ],
)
def test_what_the_warehouse_refuses_is_told_in_one_line(
    client: WarehouseClient, sql: str, word: str
) -> None:
    with pytest.raises(QueryFailed) as failed:
        client.query(sql)
    assert str(failed.value).startswith("querying warehouse: ")
    assert word in str(failed.value)
    assert "\n" not in str(failed.value)
    assert client.query("SELECT 1").rows == [(1,)]


@pytest.mark.parametrize(
    "sql", ["DELETE FROM votes", "SELECT 1; DELETE FROM votes", "SELECT * INTO v FROM votes", ""]
)
def test_what_would_write_is_not_sent(client: WarehouseClient, sql: str) -> None:
    with pytest.raises(QueryRefused):
        client.query(sql)
    with pytest.raises(ParameterRefused):
        client.query("SELECT :missing")
    assert client.query("SELECT COUNT(*) FROM votes").rows == [(11,)]


def test_a_write_is_sent_when_it_is_meant(client: WarehouseClient) -> None:
    made = client.query("CREATE TABLE scratch (a INTEGER)", write=True)
    assert (made.columns, made.rows) == ((), [])
    client.query("INSERT INTO scratch VALUES (1), (2)", write=True)
    assert client.query("SELECT COUNT(*) FROM scratch", write=True).rows == [(2,)]
    client.query("DROP TABLE scratch", write=True)
    with pytest.raises(QueryFailed, match="scratch"):
        client.query("SELECT 1 FROM scratch")


def test_a_query_that_takes_too_long_is_stopped(client: WarehouseClient) -> None:
    with pytest.raises(QueryCancelled, match="querying warehouse: "):
        client.query(ENDLESS, timeout_s=0.3)
    assert client.query("SELECT 1").rows == [(1,)]


def test_a_query_can_be_stopped_from_another_thread(client: WarehouseClient) -> None:
    outcome: list[CubeError] = []

    def ask() -> None:
        try:
            client.query(ENDLESS)
        except CubeError as error:
            outcome.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(600):
        client.cancel()  # nothing runs yet, or it does: a cancel meets what runs
        asking.join(0.05)
        if not asking.is_alive():
            break
    assert [type(error) for error in outcome] == [QueryCancelled]
    assert client.query("SELECT 1").rows == [(1,)]


def test_a_cancel_of_nothing_is_nothing(client: WarehouseClient) -> None:
    client.cancel()
    assert client.query("SELECT 1").rows == [(1,)]
    client.cancel()
    client.close()
    assert client.query("SELECT 2").rows == [(2,)]


def test_names_of_columns_are_those_of_the_answer(client: WarehouseClient) -> None:
    result = client.query("SELECT 1 AS \"größe, 'm'\", 2 AS a, 3 AS a")
    assert result.columns == ("größe, 'm'", "a", "a")


def test_a_password_that_is_wrong_is_a_setting_to_correct(history: Desk) -> None:
    address = Address("127.0.0.1", history.port, "votes", "cube", "wrong")
    with pytest.raises(Misconfigured, match="connecting to warehouse: "):
        DriverWarehouse(address, clock=SystemClock()).query("SELECT 1")
    assert "wrong" not in repr(address)
