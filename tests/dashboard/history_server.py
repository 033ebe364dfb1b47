"""A tally table, a clock and a desk in, the dashboard with its history out."""

import random
from urllib.parse import urlencode

from fastapi import FastAPI

from core.clock import Clock
from dashboard.app import build_app
from dashboard.history.desk import Desk
from tests.dashboard.server import RunningServer
from tests.dashboard.tally_table import TABLE, TallyTable
from tests.dashboard.wait import Reply, fetch


def build(table: TallyTable, clock: Clock, desk: Desk | None) -> FastAPI:
    return build_app(table, table=TABLE, clock=clock, rng=random.Random(1), desk=desk)


def query(server: RunningServer, *pairs: tuple[str, str], path: str = "history/query") -> Reply:
    return fetch(f"{server.url}/api/{path}?{urlencode(pairs)}")
