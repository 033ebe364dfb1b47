"""A served warehouse with a known history: one to read for all tests, one to write for each."""

from collections.abc import Iterator

import pytest

from tests.sql.desk import Desk, served


@pytest.fixture(scope="session")
def history() -> Iterator[Desk]:
    """The known history; nobody writes it."""
    with served() as desk:
        yield desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A history of one's own, to plant faults in."""
    with served() as desk:
        yield desk
