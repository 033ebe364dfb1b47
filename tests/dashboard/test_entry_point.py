"""`python -m dashboard` serves before its table is there, and ends when it is asked to."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dashboard.wait import fetch, opened, until

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nothing answers there
    "CUBE_WAREHOUSE_PORT": "9",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard", "--port", str(port)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def port() -> int:
    return free_port()


def test_it_serves_without_a_table_and_ends_on_sigterm_with_streams_open(port: int) -> None:
    process = start(port)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return fetch(url + "/healthz").status == 200
        except ConnectionError:
            return False

    try:
        until(answers)
        assert fetch(url + "/readyz").status == 503
        history = fetch(url + "/api/history/query?question=swing")
        assert (history.status, history.json()["error"]) == (503, "warehouse_away")
        with opened(url + "/api/stream") as stream:
            assert stream.readline().startswith(b"retry: ")
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
    finally:
        process.kill()
        _, said = process.communicate()
    assert "reading tallies: " in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_said_so_with_exit_code_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        process = start(holder.getsockname()[1])
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "error: listening on 127.0.0.1:" in said
    assert "hint: " in said
