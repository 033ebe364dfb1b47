"""A desk that the commands work on, as if it were the engine behind the endpoint."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk")

    def client(service: str, data: Path) -> Any:
        assert service == "dynamodb"
        return desk.dynamodb

    for command in ("load", "vote", "replay"):
        monkeypatch.setattr(f"local.cli.{command}.client", client)
        monkeypatch.setattr(f"local.cli.{command}.put_client", lambda data: desk)
    yield desk
    desk.close()
