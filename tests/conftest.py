"""How every browser test starts its Chromium: one for a test run, silent towards the network."""

import shutil
from typing import Any

import pytest

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium when it is there, else the one that playwright brought."""
    found = shutil.which("chromium")
    return {"args": [*_FLAGS], **({"executable_path": found} if found else {})}


@pytest.fixture(scope="session")
def base_url() -> None:
    """No address for all pages; the plugin's own fixture is a method, which pytest warns of."""
