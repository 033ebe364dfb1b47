"""Recovery through the shipped merge: the warehouse ends where the live tallies are."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from core.vote import Vote, encode_votes
from local.recovery.rebuild import Rebuild
from local.s3 import S3Service
from local.warehouse.session import Session
from local.warehouse.warehouse import Warehouse
from processors.lake import Lake
from processors.load_sql import copy_load, rules_batch
from processors.rules import read_rules
from tests.firehose_transforms.landing import ROOT
from tests.local.desk import TABLE
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NAMES = {"votes": "counted", "parked_votes": "parked", "duplicate_votes": "duplicate"}


class Objects:
    """The desk's S3, as COPY calls it."""

    def __init__(self, s3: S3Service) -> None:
        self._s3 = s3

    def list_objects_v2(self, **request: Any) -> Any:
        return self._s3.list_objects_v2(**request)

    def get_object(self, **request: Any) -> Any:
        return self._s3.get_object(**request)

    def put_object(self, **request: Any) -> Any:
        return self._s3.put_object(**request)


class History:
    """The warehouse behind the desk's lake."""

    def __init__(self, desk: RecoveryDesk) -> None:
        self._desk = desk
        self._lake = Lake(desk.s3, bucket=BUCKET)
        self._loaded: set[str] = set()
        self._warehouse = Warehouse(None, objects=Objects(desk.s3), clock=desk.clock)
        for path in sorted((ROOT / "sql/ddl").glob("*.sql")):
            self._warehouse.run_script(path.read_text())
        self._session = Session(self._warehouse, user="cube", database="votes")

    def close(self) -> None:
        self._session.close()
        self._warehouse.close()

    def load(self) -> Counter[str]:
        """Load what is new, an object at a time; return all rows by table, and votes by colour."""
        for version in read_rules(self._desk.dynamodb, TABLE):
            self._transaction(rules_batch(version))
        for each in self._lake.objects_after(""):
            if each.key not in self._loaded:
                self._loaded.add(each.key)
                load_id = f"load-{len(self._loaded)}"
                manifest = self._lake.put_manifest(load_id, [each])
                self._transaction(
                    copy_load(load_id, [each], manifest=manifest, copy_role="default")
                )
        found: Counter[str] = Counter()
        for table, name in NAMES.items():
            (row,) = self._session.execute(f"SELECT COUNT(*) FROM {table}").rows
            found[name] = int(str(row[0]))
        for colour, count in self._session.execute(
            "SELECT colour, COUNT(*) FROM votes GROUP BY colour"
        ).rows:
            found[f"c#{colour}"] = int(str(count))
        return +found

    def _transaction(self, sql: list[str]) -> None:
        self._session.execute("BEGIN")
        for statement in sql:
            self._session.execute(statement)
        self._session.execute("COMMIT")


@pytest.fixture
def history(desk: RecoveryDesk) -> Iterator[History]:
    history = History(desk)
    yield history
    history.close()


def agrees(desk: RecoveryDesk, history: History) -> Counter[str]:
    """Return what the warehouse holds; it is what the tests' own model of the merge says."""
    loaded = history.load()
    model = desk.merged()
    del model["redelivered"]
    assert loaded == model
    return loaded


def red_and_blue(desk: RecoveryDesk) -> Counter[str]:
    totals = desk.totals() + desk.totals("lunch")
    return Counter({f"c#{colour}": count for colour, count in totals.items()})


def colours(found: Counter[str]) -> Counter[str]:
    return Counter({name: count for name, count in found.items() if name.startswith("c#")})


@pytest.mark.parametrize("twice", [False, True])
def test_failed_records_are_in_the_warehouse_once(
    desk: RecoveryDesk, history: History, *, twice: bool
) -> None:
    desk.put(stamped([desk.vote(1), desk.vote(2, "blue")], 1, extra=b"junk\n"))
    desk.put(encode_votes([desk.vote(3), desk.vote(3)]))
    desk.count()
    desk.deliver(failing=True)
    desk.put(stamped([desk.vote(4)], 2))
    desk.count()
    desk.deliver()
    assert agrees(desk, history) == {"counted": 1, "c#red": 1}
    desk.clock.advance(3 * DAY_MS)
    for _ in range(2 if twice else 1):
        desk.recover(kinds=("history",))
        history.load()
        for key in desk.keys("recovered/") if twice else ():
            desk.s3.delete_object(Bucket=BUCKET, Key=key)
    found = agrees(desk, history)
    assert colours(found) == red_and_blue(desk)
    assert (found["parked"], found["duplicate"]) == (1, 1)


def test_a_batch_put_again_and_lines_put_alone_are_in_the_warehouse_once(
    desk: RecoveryDesk, history: History
) -> None:
    desk.put(stamped([desk.vote(1), desk.vote(2, poll="lunch")], 1))
    desk.put_votes(desk.vote(3, poll="lunch"))
    desk.count()
    desk.deliver(failing=True)
    desk.recover(kinds=("history",), by_stream=True)
    desk.recover(kinds=("history",))
    desk.count()
    desk.deliver()
    history.load()
    desk.create_poll("lunch")
    desk.clock.advance(1)
    desk.recover(kinds=("parked",))
    desk.count()
    desk.deliver()
    found = agrees(desk, history)
    assert colours(found) == red_and_blue(desk) == {"c#red": 3}
    assert found["parked"] == 2


def test_rows_that_were_lost_or_wrongly_parked_are_in_the_warehouse_once(
    desk: RecoveryDesk, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(vote: Vote, arrival_ms: int) -> str | None:
        return "bad_value" if vote.seq in (1, 3) else None

    with monkeypatch.context() as broken:
        broken.setattr("firehose_transforms.row_lines.judge_alone", faulty)
        broken.setattr("firehose_transforms.row_lines._plain_rows", lambda record, payload: None)
        desk.put(stamped([desk.vote(1), desk.vote(2, "blue")], 1))
        desk.put_votes(desk.vote(3))
        desk.count()
        desk.deliver()
    history.load()
    desk.clock.advance(DAY_MS)
    desk.put(stamped([desk.vote(4)], 2))
    desk.put_votes(desk.vote(5))
    desk.count()
    desk.deliver()
    desk.s3.delete_object(Bucket=BUCKET, Key=desk.keys("votes/")[-1])
    assert history.load() == {"counted": 1, "parked": 2, "c#blue": 1}
    for _ in range(2):
        work = Rebuild(s3=desk.s3, bucket=BUCKET, clock=desk.clock, rng=desk.rng)
        work.run(0, desk.clock.now_ms() + HOUR_MS, write=True)
        found = agrees(desk, history)
        assert colours(found) == red_and_blue(desk) == {"c#red": 4, "c#blue": 1}
