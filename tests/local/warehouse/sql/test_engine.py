"""A database file in: what is committed stays, whatever happens to the process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from core.clock import ManualClock, SystemClock
from core.errors import DataFolderUnusable
from local.warehouse.warehouse import Warehouse
from tests.local.warehouse.sql.client import ROLE, Client, Lake, lines

ROOT = Path(__file__).resolve().parents[4]

# The writer of a process that will be killed: batches of a hundred, each acknowledged on stdout.
WRITER = """
import sys
from pathlib import Path
from core.clock import SystemClock
from local.warehouse.warehouse import Warehouse
from local.warehouse.session import Session
warehouse = Warehouse(Path(sys.argv[1]), objects=None, clock=SystemClock())
session = Session(warehouse, user="cube", database="votes")
session.execute("create table if not exists t (batch int, n int)")
(row,) = session.execute("select coalesce(max(batch), 0) from t").rows
batch = row[0]
while True:
    batch += 1
    rows = ",".join(f"({batch},{n})" for n in range(100))
    session.execute("begin")
    session.execute(f"insert into t values {rows}")
    session.execute("commit")
    print(batch, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "votes.duckdb"


@pytest.fixture
def opened(file: Path) -> Iterator[Warehouse]:
    warehouse = Warehouse(file, objects=Lake(), clock=SystemClock())
    yield warehouse
    warehouse.close()


def snippet(connection: duckdb.DuckDBPyConnection) -> object:
    """Run six lines that hide rows in DuckDB 2.0.0 with preserve_insertion_order."""
    connection.execute("set threads = 2")
    connection.execute("create table src as select range::int a from range(200000)")
    connection.execute("create table e (a int)")
    connection.execute("create table st (a int)")
    connection.execute("begin")
    connection.execute("insert into st select * from e")
    connection.execute("insert into st select * from src")
    connection.execute("commit")
    return connection.execute(
        "select count(*), (select count(*) from (select distinct a from st)) from st"
    ).fetchone()


def test_duckdb_hides_no_rows_of_a_bulk_insert_after_an_empty_one(opened: Warehouse) -> None:
    """The fault that the connections' settings avoid: silent, and it hits exactly a load."""
    assert snippet(opened.connect()) == (200_000, 200_000)


def test_a_load_into_an_empty_copy_of_a_table_counts_what_it_read(opened: Warehouse) -> None:
    lake = opened.objects
    assert isinstance(lake, Lake)
    body = "".join(f'{{"a": {n}}}\n' for n in range(130_000))
    lake.put("in/1", body)
    lake.put("in/2", body)
    client = Client(opened)
    client.run("create table t (a int)", "create table kept (a int)")
    client.run("begin", "create temp table stage (like t)", "insert into stage select * from t")
    client.run(f"copy stage from 's3://lake/in/' {ROLE} json 'auto'")
    assert client.tag("insert into kept select * from stage") == "INSERT 0 260000"
    client.run("commit")
    assert client.ask("select count(*), count(distinct a) from kept") == [(260_000, 130_000)]
    client.close()


def test_what_was_acknowledged_survives_kill_9(file: Path) -> None:
    acknowledged = 0
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        for _ in range(20):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        warehouse = Warehouse(file, objects=Lake(), clock=SystemClock())
        client = Client(warehouse)
        ((batches, rows, last),) = client.ask(
            "select count(distinct batch), count(*), max(batch) from t"
        )
        client.close()
        warehouse.close()
        assert int(str(last)) >= acknowledged
        assert batches == last
        assert rows == int(str(batches)) * 100


def test_the_log_does_not_grow_for_ever(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.warehouse.engine.WAL_BYTES_MAX", 200_000)
    warehouse = Warehouse(file, objects=Lake(), clock=SystemClock())
    client = Client(warehouse)
    client.run("create table t (a bigint, b varchar(100))")
    log = file.with_suffix(".duckdb.wal")
    sizes = []
    for number in range(60):
        rows = ",".join(f"({number}, '{n:0>80}')" for n in range(100))
        client.run(f"insert into t values {rows}")
        sizes.append(log.stat().st_size if log.exists() else 0)
    assert max(sizes) < 1_000_000
    client.close()
    warehouse.close()
    assert not log.exists() or log.stat().st_size == 0


def test_one_process_has_the_file(opened: Warehouse, file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.clock import SystemClock\n"
        "from core.errors import DataFolderUnusable\n"
        "from local.warehouse.warehouse import Warehouse\n"
        "try: Warehouse(Path(sys.argv[1]), objects=None, clock=SystemClock())\n"
        "except DataFolderUnusable as error: print('refused:', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("refused: opening")
    assert "Conflicting lock" in done.stdout


def test_a_file_that_is_no_database_is_refused(file: Path) -> None:
    file.write_bytes(b"hello" * 1000)
    with pytest.raises(DataFolderUnusable, match="opening"):
        Warehouse(file, objects=Lake(), clock=SystemClock())


def test_everything_is_there_after_a_restart(file: Path) -> None:
    lake = Lake()
    lake.put("k", lines({"a": 1}))
    first = Warehouse(file, objects=lake, clock=ManualClock())
    client = Client(first)
    client.run(
        "create table t (a int not null, b varchar(3) encode zstd) sortkey (a)",
        f"copy t from 's3://lake/k' {ROLE} json 'auto'",
        "create view v as select a, getdate() as now from t",
        "create materialized view m as select count(*) as n from t",
    )
    client.close()
    first.close()
    second = Warehouse(file, objects=lake, clock=ManualClock())
    client = Client(second)
    client.run("insert into t values (2, 'abc')", "refresh materialized view m")
    assert client.state("insert into t values (2, 'abcd')") == "22001"
    assert client.one("select n from m") == 2
    assert client.one("select count(*) from v") == 2
    assert client.one("select sortkey1 from svv_table_info where \"table\" = 't'") == "a"
    assert client.one("select loaded_rows from sys_load_history") == 1
    client.close()
    second.close()


def test_a_script_runs_again_without_harm(opened: Warehouse) -> None:
    for folder in ("ddl", "views", "ddl", "views"):
        for path in sorted((ROOT / "sql" / folder).glob("*.sql")):
            opened.run_script(path.read_text())
    client = Client(opened)
    assert client.one("select count(*) from svv_tables where table_name = 'votes'") == 1
    client.close()


def test_the_staging_folder_is_emptied_at_a_start_and_gone_at_the_end(file: Path) -> None:
    left = file.parent / "staging" / "copy-left"
    left.mkdir(parents=True)
    warehouse = Warehouse(file, objects=Lake(), clock=SystemClock())
    assert not left.exists()
    warehouse.close()
    assert not left.parent.exists()


def test_memory_and_threads_are_bounded(opened: Warehouse) -> None:
    connection = opened.connect()
    (threads, memory) = connection.execute(
        "select current_setting('threads'), current_setting('memory_limit')"
    ).fetchall()[0]
    assert 1 <= threads <= 4
    assert memory.endswith("GiB")
