"""The driver's client when the way to the warehouse breaks, freezes or is no warehouse at all."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import CubeError, Misconfigured, QueryCancelled, WarehouseAway
from core.settings import Settings
from core.warehouse_choice import address_of, warehouse_client
from core.warehouse_data_api import DataApiWarehouse
from core.warehouse_driver import Address, DriverWarehouse
from local.warehouse.startup import Gate, TlsMode
from local.warehouse.tls import CERTIFICATE, tls_context
from tests.contracts.proxy import Proxy, proxy
from tests.contracts.test_warehouse_client import ENDLESS
from tests.sql.desk import Desk, served


@pytest.fixture(scope="module")
def history() -> Iterator[Desk]:
    with served() as desk:
        yield desk


@pytest.fixture
def way(history: Desk) -> Iterator[Proxy]:
    with proxy(history.port) as between:
        yield between


def client_at(port: int) -> DriverWarehouse:
    return DriverWarehouse(Address("127.0.0.1", port, "votes", "cube", "cube"), clock=SystemClock())


def test_a_connection_that_broke_while_it_was_idle_is_replaced(way: Proxy) -> None:
    client = client_at(way.port)
    assert client.query("SELECT 1").rows == [(1,)]
    way.break_connections()
    assert client.query("SELECT 2").rows == [(2,)]
    client.close()


def test_a_connection_that_breaks_under_a_query_says_so(way: Proxy) -> None:
    client = client_at(way.port)
    outcome: list[CubeError] = []

    def ask() -> None:
        try:
            client.query(ENDLESS)
        except CubeError as error:
            outcome.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not outcome:
        way.break_connections()
        asking.join(0.05)
    asking.join()
    assert [type(error) for error in outcome] == [WarehouseAway]
    assert f"127.0.0.1:{way.port}" in str(outcome[0])
    assert client.query("SELECT 1").rows == [(1,)]
    client.close()


def test_a_warehouse_that_answers_nobody_any_more_is_hung_up_on(
    way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its own time-out nor a cancel arrives: the query ends all the same."""
    monkeypatch.setattr("core.warehouse_driver._GRACE_S", 0.1)
    monkeypatch.setattr("core.warehouse_driver._CANCEL_TIMEOUT_S", 0.1)
    monkeypatch.setattr("core.warehouse_driver._CONNECT_TIMEOUT_S", 0.5)
    client = client_at(way.port)
    client.query("SELECT 1", timeout_s=0.2)
    way.freeze()
    with pytest.raises((QueryCancelled, WarehouseAway)):
        client.query("SELECT 2", timeout_s=0.2)
    client.close()


def test_nothing_at_the_port_is_a_warehouse_that_is_away(history: Desk) -> None:
    with proxy(history.port) as gone:
        port = gone.port
    with pytest.raises(WarehouseAway, match=f"connecting to warehouse: .*127.0.0.1:{port}"):
        client_at(port).query("SELECT 1")


def test_a_query_that_was_stopped_in_the_warehouse_ends_there_too(history: Desk) -> None:
    client = client_at(history.port)
    before = history.connections()
    with pytest.raises(QueryCancelled):
        client.query(ENDLESS, timeout_s=0.2)
    client.close()
    pause = threading.Event()
    for _ in range(500):
        if history.connections() <= before:
            break
        pause.wait(0.02)
    assert history.connections() <= before


@pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")  # the driver's own context
def test_encryption_covers_the_query_and_the_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(tls_mode=TlsMode.BOTH, tls=tls_context(tmp_path, SystemClock()))
    with served(gate=gate) as desk:
        client = DriverWarehouse(replace(desk.address, tls=True), clock=SystemClock())
        with pytest.raises(WarehouseAway, match="CERTIFICATE_VERIFY_FAILED"):
            client.query("SELECT 1")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / CERTIFICATE))
        assert client.query("SELECT 1").rows == [(1,)]
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(client.query, ENDLESS)
            while wait([asking], timeout=0.05).not_done:
                client.cancel()
            assert isinstance(asking.exception(), QueryCancelled)
        assert "cancel" in str(asking.exception()).lower()  # it was told, not hung up on
        client.close()


def test_settings_choose_the_client() -> None:
    def no_client() -> object:
        raise AssertionError("nobody asked for it")

    clock = SystemClock()
    driver = warehouse_client(Settings(), clock=clock, data_api=no_client)  # type: ignore[arg-type]  # never called
    assert isinstance(driver, DriverWarehouse)
    given = Settings(warehouse_api="data-api")
    other = warehouse_client(given, clock=clock, data_api=lambda: None)  # type: ignore[arg-type, return-value]  # never used
    assert isinstance(other, DataApiWarehouse)
    assert address_of(Settings(warehouse_tls="on", warehouse_port="5440")) == Address(
        "127.0.0.1", 5440, "votes", "cube", "cube", tls=True
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("warehouse_api", "odbc"),
        ("warehouse_port", "0"),
        ("warehouse_port", "65536"),
        ("warehouse_port", "x"),
        ("warehouse_tls", "yes"),
    ],
)
def test_a_setting_that_is_off_is_named(setting: str, value: str) -> None:
    settings = Settings(**{setting: value})
    with pytest.raises(Misconfigured, match=f"CUBE_{setting.upper()} is '{value}'"):
        warehouse_client(settings, clock=SystemClock(), data_api=lambda: None)  # type: ignore[arg-type, return-value]  # never used
