"""A data folder or CUBE_WAREHOUSE_* in, a client of the warehouse that they name out."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from core.clock import SystemClock
from core.errors import NotRunning, WarehouseAway
from core.settings import Settings, env_name
from core.warehouse import WarehouseClient
from core.warehouse_choice import warehouse_client
from local.cli.clients import client, environment, settings
from local.supervise.folder import DataFolder
from local.supervise.instance import Instance

_PLACE: Final = (env_name("warehouse_host"), env_name("warehouse_port"))


def warehouse(data: Path) -> WarehouseClient:
    """Return a client of the warehouse that the environment names, else of what runs in `data`.

    Raise NotRunning or WarehouseAway when nothing does.
    """
    return warehouse_client(
        warehouse_settings(data),
        clock=SystemClock(),
        data_api=lambda: client("redshift-data", data),
    )


def warehouse_settings(data: Path) -> Settings:
    """Return the settings, with the place of the warehouse that runs in `data` if they need it."""
    chosen, given = settings(), environment()
    if chosen.warehouse_api != "driver" or any(given.get(name) for name in _PLACE):
        return chosen
    instance = Instance.read(DataFolder(data))
    if instance is None:
        raise NotRunning(f"looking for the warehouse: nothing runs in {data}")
    if instance.warehouse_port is None:
        raise WarehouseAway(f"looking for the warehouse: what runs in {data} has none")
    return replace(chosen, warehouse_port=str(instance.warehouse_port))
