"""A desk with both paths, new for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.recovery.desk import RecoveryDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RecoveryDesk]:
    desk = RecoveryDesk(tmp_path)
    yield desk
    desk.close()
