"""A desk whose tallies can be spoilt and counted again, new for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.recount.desk import RecountDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RecountDesk]:
    desk = RecountDesk(tmp_path)
    yield desk
    desk.close()
