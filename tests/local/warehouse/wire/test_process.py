"""`python -m local.warehouse` as the supervisor starts it: ready, asked to stop, killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.warehouse.server import listen
from tests.local.warehouse.wire.raw_client import RawClient, kinds, query
from tests.local.warehouse.wire.test_cancel import ENDLESS
from tests.local.warehouse.wire.test_startup import probe

_INHERITED = os.environ  # noqa: TID251 - a child needs what this process has
MACHINE = {name: value for name, value in _INHERITED.items() if not name.startswith("CUBE_")}
STOP_S_MAX = 2.0


@dataclass
class Started:
    """A warehouse in a process of its own."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]

    @property
    def port(self) -> int:
        return int(self.ready["port"])

    def connect(self, **options: Any) -> psycopg.Connection:
        wanted = {"user": "cube", "password": "cube", "dbname": "votes", **options}
        return psycopg.connect(host="127.0.0.1", port=self.port, autocommit=True, **wanted)


def command(data: Path, *words: str, port: int = 0) -> list[str]:
    return [
        *(sys.executable, "-m", "local.warehouse", "--data", str(data), "--port", str(port)),
        *("--s3-endpoint", "http://127.0.0.1:9", *words),
    ]


@contextmanager
def started(data: Path, *words: str, **environment: str) -> Iterator[Started]:
    process = subprocess.Popen(
        command(data, *words),
        env={**MACHINE, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield Started(process, json.loads(line))
    finally:
        process.kill()
        process.communicate()


def test_it_says_that_it_is_ready_and_ends_within_two_seconds(tmp_path: Path) -> None:
    with started(tmp_path, "--memory-limit", "512MB") as warehouse:
        assert warehouse.ready["event"] == "warehouse.ready"
        assert warehouse.ready["pid"] == warehouse.process.pid
        assert probe(warehouse.port, "/readyz")[0] == 200
        with warehouse.connect(sslmode="require") as connection:
            assert connection.execute("select 1").fetchone() == (1,)
            began = time.monotonic()  # noqa: TID251 - a test's own measurement
            warehouse.process.send_signal(signal.SIGTERM)
            assert warehouse.process.wait(timeout=10) == 0
            took = time.monotonic() - began  # noqa: TID251 - as above
            assert took < STOP_S_MAX
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")


def test_it_ends_in_time_while_a_statement_runs(tmp_path: Path) -> None:
    with started(tmp_path) as warehouse, closing(RawClient(warehouse.port)) as client:
        client.log_in()
        client.numbers(10_000)
        client.send(query(ENDLESS))
        warehouse.process.send_signal(signal.SIGTERM)
        assert warehouse.process.wait(timeout=STOP_S_MAX) == 0


def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    with started(tmp_path) as warehouse, closing(RawClient(warehouse.port)) as client:
        client.log_in()
        client.numbers(5)
        assert kinds(client.ask(query("begin; insert into numbers values (6)"))) == "CCZ"
        warehouse.process.kill()
        warehouse.process.wait(timeout=10)
    with started(tmp_path) as warehouse, warehouse.connect() as connection:
        assert connection.execute("select count(*) from numbers").fetchone() == (5,)


def test_schema_folders_run_in_order_at_every_start(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "b.sql").write_text("create table if not exists b (n integer);")
    (first / "a.sql").write_text("create table if not exists a (n integer);\n-- and\n")
    (second / "a.sql").write_text("create or replace view both as select a.n from a, b;")
    words = ["--schema", str(first), "--schema", str(second)]
    for _ in range(2):
        with started(tmp_path / "data", *words) as warehouse, warehouse.connect() as connection:
            assert connection.execute("select count(*) from both").fetchone() == (0,)


def test_user_password_and_database_are_those_of_the_settings(tmp_path: Path) -> None:
    given = {"user": "ann", "password": "secret", "dbname": "polls"}
    environment = {
        "CUBE_WAREHOUSE_USER": "ann",
        "CUBE_WAREHOUSE_PASSWORD": "secret",
        "CUBE_WAREHOUSE_DATABASE": "polls",
    }
    with started(tmp_path, **environment) as warehouse:
        with warehouse.connect(**given) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            warehouse.connect()


def failed(data: Path, *words: str, port: int = 0) -> subprocess.CompletedProcess[str]:
    """Return a start that ends by itself."""
    return subprocess.run(
        command(data, *words, port=port),
        env=MACHINE,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_port_that_is_taken_ends_it_with_a_hint(tmp_path: Path) -> None:
    with listen(0) as listener:
        port = listener.getsockname()[1]
        done = failed(tmp_path, port=port)
    assert done.returncode == 3
    assert f"error: opening port {port}: Address already in use" in done.stderr
    assert "hint: Stop that program, or choose another port" in done.stderr


def test_a_folder_that_is_in_use_ends_it_with_a_hint(tmp_path: Path) -> None:
    with started(tmp_path):
        done = failed(tmp_path)
    assert done.returncode == 3
    assert "votes.duckdb" in done.stderr
    assert "hint:" in done.stderr


def test_a_memory_limit_that_is_none_ends_it(tmp_path: Path) -> None:
    done = failed(tmp_path, "--memory-limit", "plenty")
    assert done.returncode == 3
    assert "Memory must have a number" in done.stderr


@pytest.mark.parametrize(
    ("sql", "said"), [("select * from nowhere", "a.sql"), (None, "is not a folder")]
)
def test_a_schema_that_cannot_run_ends_it_with_its_name(
    tmp_path: Path, sql: str | None, said: str
) -> None:
    folder = tmp_path / "schema"
    if sql is not None:
        folder.mkdir()
        (folder / "a.sql").write_text(sql)
    done = failed(tmp_path / "data", "--schema", str(folder))
    assert done.returncode == 3
    assert said in done.stderr
