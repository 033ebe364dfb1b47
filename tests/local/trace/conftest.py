"""A desk for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.trace.desk import TraceDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TraceDesk]:
    desk = TraceDesk(tmp_path)
    yield desk
    desk.close()
