"""New objects of the lake in, their votes in the warehouse, each exactly once, out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.clients import TableClient
from core.clock import Clock
from core.errors import StatementFailed
from core.poll import PollBook
from processors.data_api import DataApi
from processors.lake import Lake, LakeObject, hour_key
from processors.load_sql import (
    KNOWN_RULES,
    copy_load,
    landing_load,
    loaded_since,
    missing_rules,
    rules_batch,
)
from processors.rules import read_rules

OBJECTS_MAX: Final = 300  # of a load: their keys and the manifest's rows stay under 100 kB of SQL
BYTES_MAX: Final = 256_000_000  # of a load: about 12 million rows, a few minutes
NEAR_MS: Final = 2 * 3_600_000  # where new objects are looked for every time ...
FAR_MS: Final = 8 * 86_400_000  # ... and once an hour: as far back as a stream can be late
HOUR_MS: Final = 3_600_000
REFUSED_MS: Final = 60_000  # how long an object that cannot be loaded is left alone


@dataclass(slots=True)
class LoadOutcome:
    """What a call did; `refused` are the objects that cannot be loaded, with the reason."""

    loads: int = 0
    objects: int = 0
    rules: int = 0
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Loader:
    """Loads what is new. It may be stopped anywhere, and run twice at once: twice is once."""

    lake: Lake
    warehouse: DataApi
    table: TableClient
    table_name: str
    copy_role: str
    clock: Clock
    new_id: Callable[[], str]
    known: set[str] = field(default_factory=set)
    refused_ms: dict[str, int] = field(default_factory=dict)
    far_hour: int = -1

    def run_copies(self) -> LoadOutcome:
        """Copy and merge every object that is not in the manifest (HistoryLoad=scheduled)."""
        outcome = LoadOutcome()
        hour = self.clock.now_ms() // HOUR_MS
        start = self._start(hour)
        waiting = [each for each in self.lake.objects_after(start) if self._is_due(each.key)]
        if not waiting:
            self.far_hour = hour
            return outcome  # the warehouse is not even asked: it may sleep
        self._learn(start)
        waiting = [each for each in waiting if each.key not in self.known]
        if waiting:
            outcome.rules = self._add_rules().added
        for chunk in chunks(waiting):
            self._load(chunk, outcome)
        self.far_hour = hour
        return outcome

    def run_landing(self) -> LoadOutcome:
        """Merge what Firehose has copied into the landing table (HistoryLoad=firehose)."""
        outcome = LoadOutcome()
        rules = self._add_rules()
        outcome.rules = rules.added
        load_id = self.new_id()
        self.warehouse.run(landing_load(load_id, known_until_ms=rules.known_until_ms), name=load_id)
        outcome.loads = 1
        return outcome

    def _start(self, hour: int) -> str:
        """Return where to list from; what is known and lies before is forgotten.

        It is far back until that has once gone well in this hour.
        """
        now_ms = self.clock.now_ms()
        far = hour != self.far_hour
        if far:
            oldest = hour_key(now_ms - FAR_MS)
            self.known = {key for key in self.known if key > oldest}
        return hour_key(now_ms - (FAR_MS if far else NEAR_MS))

    def _is_due(self, key: str) -> bool:
        again_ms = self.refused_ms.get(key, 0) + REFUSED_MS
        return key not in self.known and self.clock.now_ms() >= again_ms

    def _learn(self, start: str) -> None:
        """Take note of what the manifest says is loaded, from a key on."""
        self.known.update(str(key) for (key,) in self.warehouse.rows(loaded_since(start)))

    def _add_rules(self) -> "_Rules":
        """Add the poll rules that the warehouse lacks: read now, they judge what has arrived."""
        book_read_ms = self.clock.now_ms()
        rules = read_rules(self.table, self.table_name)
        known = [(str(poll), int(version)) for poll, version in self.warehouse.rows(KNOWN_RULES)]
        missing = missing_rules(rules, known)
        for version in missing:
            self.warehouse.run(rules_batch(version), name="poll-rules")
        return _Rules(len(missing), PollBook((), read_ms=book_read_ms).known_until_ms)

    def _load(self, objects: Sequence[LakeObject], outcome: LoadOutcome) -> None:
        """Load objects in one transaction; when one of them spoils it, the others without it."""
        load_id = self.new_id()
        manifest = self.lake.put_manifest(load_id, objects)
        sql = copy_load(load_id, objects, manifest=manifest, copy_role=self.copy_role)
        try:
            self.warehouse.run(sql, name=load_id)
        except StatementFailed as error:
            self._learn(objects[0].key)  # raises when the warehouse is away
            left = [each for each in objects if each.key not in self.known]
            if len(left) == 1 == len(objects):
                outcome.refused[left[0].key] = str(error)
                self.refused_ms[left[0].key] = self.clock.now_ms()
            elif left:
                middle = (len(left) + 1) // 2
                for half in (left[:middle], left[middle:]):
                    if half:
                        self._load(half, outcome)
        else:
            self.known.update(each.key for each in objects)
            outcome.loads += 1
            outcome.objects += len(objects)


@dataclass(frozen=True, slots=True)
class _Rules:
    added: int
    known_until_ms: int


def chunks(objects: Sequence[LakeObject]) -> list[list[LakeObject]]:
    """Return the objects in order, in loads that are neither too many nor too large."""
    loads: list[list[LakeObject]] = []
    size = 0
    for each in objects:
        if not loads or len(loads[-1]) >= OBJECTS_MAX or size + each.bytes > BYTES_MAX:
            loads.append([])
            size = 0
        loads[-1].append(each)
        size += each.bytes
    return loads
