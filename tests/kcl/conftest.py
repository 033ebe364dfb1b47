"""The room that consumers work in, new for each test."""

from collections.abc import Iterator

import pytest

from tests.processors.room import Room


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.table.service.close()
