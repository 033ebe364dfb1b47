"""The endpoint, and the environment in which a program that knows only AWS finds it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.wire.running import services_running


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield what the user of any AWS tool would export; nothing of the machine's own set-up."""
    path = os.environ["PATH"]  # noqa: TID251 - where node and npm are found
    state = tmp_path / "state"
    state.mkdir()
    with services_running(state) as url:
        yield {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{path}",
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
