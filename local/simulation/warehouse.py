"""Loads' SQL in, what the warehouse holds after it out: the model of its merge.

`sql_warehouse.py` is the real thing."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from core.clock import ManualClock
from core.errors import StatementFailed
from core.invariants.invariant import LineKey
from core.ledger import OUTCOMES
from core.poll import PollBook, PollRules
from core.row import Row
from local.simulation.chance import Chance
from local.simulation.options import BUCKET
from local.simulation.warehouse_model import WarehouseModel
from processors.load_sql import KNOWN_RULES

_MANIFEST: Final = re.compile(rf"FROM 's3://{BUCKET}/(manifests/[^']+)'")
_rows = msgspec.json.Decoder(Row)
Lines = Mapping[str, Mapping[LineKey, int]]


class Held(NamedTuple):
    """What a warehouse holds in the end."""

    load_of: Mapping[str, str]  # object -> its load
    rows_of_loads: Mapping[str, int]
    loads: Lines  # as the loads say ...
    tables: Lines  # ... and as the tables are
    votes: Sequence[tuple[str, str, int, str]]  # poll, device_id, seq, colour


class SimulatedWarehouse(Protocol):
    """What a load talks to, as `processors.data_api.DataApi`, and what the verdict reads."""

    def run(self, statements: Sequence[str], *, name: str) -> None: ...

    def rows(self, sql: str) -> list[list[Any]]: ...

    def loaded(self) -> set[str]: ...

    def held(self) -> Held: ...

    def close(self) -> None: ...


class FaultyWarehouse:
    """A warehouse behind a faulty network."""

    def __init__(self, warehouse: SimulatedWarehouse, chance: Chance) -> None:
        self._warehouse = warehouse
        self._chance = chance

    def run(self, statements: Sequence[str], *, name: str) -> None:
        self._chance.may_die()
        self._chance.delay("warehouse_slow")
        if self._chance.strikes("warehouse_away"):
            raise StatementFailed("running SQL: connection refused")
        self._warehouse.run(statements, name=name)
        if self._chance.strikes("warehouse_answer_lost"):
            raise StatementFailed("running SQL: the answer never came")
        self._chance.may_die()

    def rows(self, sql: str) -> list[list[Any]]:
        self._chance.may_die()
        if self._chance.strikes("warehouse_away"):
            raise StatementFailed("running SQL: connection refused")
        return self._warehouse.rows(sql)


class ModelWarehouse:
    """Transactions of `processors.load_sql` in, done wholly or not at all by the model."""

    def __init__(
        self,
        objects: Mapping[str, bytes],
        rules: Callable[[], tuple[PollRules, ...]],
        clock: ManualClock,
    ) -> None:
        self.model = WarehouseModel()
        self._objects = objects
        self._rules = rules
        self._clock = clock
        self._load_of: dict[str, str] = {}
        self._rows_of_loads: Counter[str] = Counter()
        self._versions: set[tuple[str, int]] = set()

    def run(self, statements: Sequence[str], *, name: str) -> None:
        found = _MANIFEST.search("\n".join(statements))
        if found is None:
            self._versions |= {(each.poll, each.version) for each in self._rules()}
        else:
            self._load(json.loads(self._objects[found[1]]), name)

    def rows(self, sql: str) -> list[list[Any]]:
        """Answer the two queries that the load asks."""
        if sql == KNOWN_RULES:
            return [[poll, version] for poll, version in sorted(self._versions)]
        return [[key] for key in sorted(self._load_of)]

    def loaded(self) -> set[str]:
        return set(self._load_of)

    def held(self) -> Held:
        loads: dict[str, Counter[LineKey]] = {outcome: Counter() for outcome in OUTCOMES}
        for count, lines in self.model.counts.items():
            if count.outcome in loads:
                loads[count.outcome][count.poll, count.minute] += lines
        tables: dict[str, Counter[LineKey]] = {outcome: Counter() for outcome in OUTCOMES}
        for count in self.model.places.values():
            tables[count.outcome][count.poll, count.minute] += 1
        votes = [(*key, str(row.colour)) for key, row in self.model.votes.items()]
        return Held(self._load_of, self._rows_of_loads, loads, tables, votes)

    def close(self) -> None:
        """Do nothing."""

    def _load(self, manifest: dict[str, Any], load_id: str) -> None:
        keys = [entry["url"].removeprefix(f"s3://{BUCKET}/") for entry in manifest["entries"]]
        if any(key in self._load_of for key in keys):
            raise StatementFailed("running SQL: division by zero")
        rows = [
            row for key in keys for row in _rows.decode_lines(gzip.decompress(self._objects[key]))
        ]
        assert self._versions, "rules come before rows"
        book = PollBook(self._rules(), read_ms=self._clock.now_ms())
        self.model.load(rows, book)
        self._load_of |= dict.fromkeys(keys, load_id)
        self._rows_of_loads[load_id] += len(rows)
