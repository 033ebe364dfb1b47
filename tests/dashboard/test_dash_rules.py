"""What Dash must not do here: block the event loop, call out, open sockets nobody uses."""

import inspect
import random
import re
from pathlib import Path
from typing import Any

import plotly.offline
import pytest

from core.clock import ManualClock
from dashboard.app import ASSETS, build_app
from dashboard.figures import CHART_CONFIG
from dashboard.pages import PAGES
from tests.dashboard.tally_table import TABLE, TallyTable


@pytest.fixture
def app(table: TallyTable, clock: ManualClock) -> Any:
    return build_app(table, table=TABLE, clock=clock, rng=random.Random(1))


def test_every_callback_is_async(app: Any) -> None:
    """A plain one runs on the event loop and holds up every viewer."""
    dash = app.state.dash
    dash._setup_server()
    assert dash.callback_map
    for name, callback in dash.callback_map.items():
        function = inspect.unwrap(callback["callback"])
        assert inspect.iscoroutinefunction(function), name


def test_no_websocket_and_no_mcp(app: Any) -> None:
    dash = app.state.dash
    assert dash.backend.websocket_capability is False
    dash._setup_server()
    paths = [getattr(route, "path", "") for route in app.routes]
    assert [path for path in paths if "mcp" in path] == []


def test_plotly_is_the_version_that_dash_was_made_for() -> None:
    vendored = (ASSETS / "plotly-basic.min.js").read_text()[:300]
    found = re.search(r"plotly\.js \(basic - minified\) v([\d.]+)", vendored)
    assert found, vendored
    assert found[1] == plotly.offline.get_plotlyjs_version()
    assert "MIT" in (ASSETS / "plotly-basic.LICENSE.txt").read_text()


def test_the_mode_bar_that_could_send_data_away_is_off() -> None:
    assert CHART_CONFIG["displayModeBar"] is False


OURS = sorted(
    path for path in ASSETS.iterdir() if path.stem.startswith(("live", "history", "pipeline"))
)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_an_asset_is_small_and_calls_nobody(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= (450 if path.suffix == ".css" else 300)
    assert max(map(len, text.splitlines())) <= 105
    assert "http://" not in text
    assert "https://" not in text


def test_the_navigation_has_no_dead_links(app: Any) -> None:
    paths = {getattr(route, "path", "") for route in app.routes}
    app.state.dash._setup_server()
    paths |= {getattr(route, "path", "") for route in app.routes}
    assert [page.path for page in PAGES if page.path not in paths] == []
