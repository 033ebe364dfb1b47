"""A desk for each test: a folder and ports of its own, and nothing left after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.end()
