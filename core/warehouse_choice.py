"""Settings in, the client that they ask for out: redshift_connector or the Data API."""

from collections.abc import Callable
from typing import Final

from core.clients import QueryApiClient
from core.clock import Clock
from core.errors import Misconfigured, WarehouseAway
from core.settings import Settings
from core.warehouse import WarehouseClient
from core.warehouse_data_api import DataApiWarehouse
from core.warehouse_driver import Address, DriverWarehouse

_TLS: Final = {"on": True, "off": False}


def warehouse_client(
    settings: Settings, *, clock: Clock, data_api: Callable[[], QueryApiClient]
) -> WarehouseClient:
    """Return a new client; nothing is connected yet. `data_api` builds boto3's client if needed.

    Raise Misconfigured for a setting that is none of its words, WarehouseAway for `none`.
    """
    match settings.warehouse_api:
        case "driver":
            return DriverWarehouse(address_of(settings), clock=clock)
        case "data-api":
            return DataApiWarehouse(
                data_api(),
                workgroup=settings.warehouse_workgroup,
                database=settings.warehouse_database,
                clock=clock,
            )
        case "none":
            raise WarehouseAway("opening the warehouse: CUBE_WAREHOUSE_API says there is none")
        case other:
            raise Misconfigured(
                f"reading settings: CUBE_WAREHOUSE_API is {other!r}, not driver, data-api or none"
            )


def address_of(settings: Settings) -> Address:
    """Return where the driver connects to; raise Misconfigured for what is no port or switch."""
    port, tls = settings.warehouse_port, settings.warehouse_tls
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(f"reading settings: CUBE_WAREHOUSE_PORT is {port!r}, no port")
    if tls not in _TLS:
        raise Misconfigured(f"reading settings: CUBE_WAREHOUSE_TLS is {tls!r}, not on or off")
    return Address(
        host=settings.warehouse_host,
        port=int(port),
        database=settings.warehouse_database,
        user=settings.warehouse_user,
        password=settings.warehouse_password,
        tls=_TLS[tls],
    )
