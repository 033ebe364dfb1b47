"""The merge's SQL against its model: any rows, in any loads, however often delivered."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.poll import PollBook, PollRules
from core.row import Row
from local.simulation.warehouse_model import Count, LineKey, WarehouseModel, line_key
from processors.lake import LakeObject
from processors.load_sql import copy_load, rules_batch
from tests.history.room import Room

START_MS = 1_790_000_000_000
RULES = (
    PollRules(poll="cube", version=1, effective_ms=0, palette=("red", "blue")),
    PollRules(
        poll="cube",
        version=2,
        effective_ms=START_MS + 60_000,
        palette=("red", "blue", "green"),
        opens_ms=START_MS - 10_000,
        closes_ms=START_MS + 100_000,
    ),
    PollRules(poll="late", version=1, effective_ms=START_MS + 30_000, palette=("red",)),
)
BOOK = PollBook(RULES, read_ms=START_MS + 10_000_000)


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.close()


ARRIVALS = {7: 0, 60: 1, 61: 29_999, 499: 30_000, 4990: 60_000, 4991: 60_001, 70000: 119_000}


@st.composite
def worlds(draw: st.DrawFn) -> list[list[Row]]:
    """Return loads of rows. What a line says is fixed by its name; what varies is its journey.

    Few names, so that lines and identities meet often. A batch may be in several records, with
    another arrival, and then be judged another way; any row may be delivered again.
    """
    names = draw(
        st.lists(
            st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 1), st.integers(1, 3)),
            min_size=1,
            max_size=10,
            unique=True,
        )
    )
    rows: list[Row] = []
    for stamped, first, part, line in names:
        content = draw(contents())
        numbers = st.sampled_from(sorted(ARRIVALS))
        if stamped:
            places = draw(st.lists(numbers, min_size=1, max_size=3, unique=True))
            rows += [
                # A part of its own in the record: one place in the stream holds one line.
                content.at(
                    place, 9 + 3 * part + first, line, producer="p1", lane=part, number=first + 1
                )
                for place in places
            ]
        else:
            rows.append(content.at(sorted(ARRIVALS)[first], part, line))
    again = draw(st.lists(st.sampled_from(rows), max_size=6))
    loads = draw(st.integers(1, 4))
    parts: list[list[Row]] = [[] for _ in range(loads)]
    for row in [*rows, *again]:
        parts[draw(st.integers(0, loads - 1))].append(row)
    return [part for part in parts if part]


class Content(NamedTuple):
    """What a line says. `spoilt` names arrivals at which the transform parks it."""

    poll: str
    device_id: str
    seq: int
    colour: str
    behind_ms: int
    spoilt: str

    def at(self, sequence: int, part: int, line: int, **batch: Any) -> Row:
        arrived_at = START_MS + ARRIVALS[sequence]
        where: dict[str, Any] = {
            "arrived_at": arrived_at,
            "sequence_number": str(sequence),
            "subsequence": part,
            "line": line,
            "transform_version": 1,
            **batch,
        }
        early = ARRIVALS[sequence] < 30_000
        reasons = {
            "always": "not_json",
            "early": "future_vote" if early else None,
            "late": None if early else "too_old",
        }
        if reason := reasons.get(self.spoilt):
            return Row(**where, parked_reason=reason, raw="eA==")
        return Row(
            **where,
            poll=self.poll,
            device_id=self.device_id,
            seq=self.seq,
            colour=self.colour,
            voted_at=START_MS - self.behind_ms,
            region="north",
        )


@st.composite
def contents(draw: st.DrawFn) -> Content:
    return Content(
        poll=draw(st.sampled_from(("cube", "cube", "cube", "late", "none"))),
        device_id=draw(st.sampled_from(("d1", "d2"))),
        seq=draw(st.integers(0, 1)),
        colour=draw(st.sampled_from(("red", "red", "blue", "green", ""))),
        behind_ms=draw(st.sampled_from((0, 0, 15_000))),
        spoilt=draw(st.sampled_from(("", "", "", "always", "early", "late"))),
    )


def _repeat_then_future() -> list[list[Row]]:
    """A line is a duplicate; then a copy of its batch with an earlier arrival is loaded."""
    first = Content("cube", "d1", 0, "red", 0, "").at(60, 0, 2, producer="p1", lane=0, number=1)
    again = Content("cube", "d1", 0, "red", 0, "early")
    return [
        [first, again.at(499, 0, 3, producer="p1", lane=1, number=1)],
        [again.at(7, 0, 3, producer="p1", lane=1, number=1)],
    ]


REPEAT_THEN_FUTURE = _repeat_then_future()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(loads=worlds())
@example(loads=REPEAT_THEN_FUTURE)
def test_the_merge_does_what_its_model_does(room: Room, loads: list[list[Row]]) -> None:
    model = WarehouseModel()
    room.empty()
    for version in RULES:
        room.run(rules_batch(version))
    for number, rows in enumerate(loads):
        key = f"votes/2026/09/21/14/{number}.gz"
        manifest = room.put_rows(key, rows)
        room.run(
            copy_load(
                f"load-{number}", [LakeObject(key, 1)], manifest=manifest, copy_role="default"
            )
        )
        model.load(rows, BOOK)
    assert room.votes() == {
        identity: (row.colour, row.arrived_at, row.sequence_number, row.line)
        for identity, row in model.votes.items()
    }
    assert room.parked() == {line_id(key): reason for key, reason in model.parked.items()}
    assert room.duplicates() == sorted(map(line_id, model.duplicates))
    assert sums(room.load_lines()) == model.counts
    assert room.one("SELECT SUM(delivered) FROM load_lines") == model.counts.total()


def sums(counts: Sequence[tuple[str, int, int, int, int, int]]) -> Counter[Count]:
    """Return (poll, minute, counted, parked, duplicate, redelivered) as the model counts."""
    found: Counter[Count] = Counter()
    for poll, minute, *numbers in counts:
        for outcome, number in zip(
            ("counted", "parked", "duplicate", "redelivered"), numbers, strict=True
        ):
            if number:
                found[Count(poll, minute, outcome)] += number
    return found


def line_id(key: LineKey) -> str:
    source, part, batch, line = key
    return f"{source}/{part}/{batch}/{line}" if batch >= 0 else f"{source}/{part}/{line}"


def test_a_second_load_of_an_object_is_refused_and_changes_nothing(room: Room) -> None:
    """E7: staging and merge in one transaction; two loads of one manifest."""
    room.empty()
    room.run(rules_batch(RULES[0]))
    manifest = room.put_rows("votes/2026/09/21/14/a.gz", [vote()])
    load = [LakeObject("votes/2026/09/21/14/a.gz", 1)]
    room.run(copy_load("load-1", load, manifest=manifest, copy_role="default"))
    with pytest.raises(Exception, match="division by zero"):
        room.run(copy_load("load-2", load, manifest=manifest, copy_role="default"))
    assert room.one("SELECT COUNT(*) FROM votes") == 1
    assert room.one("SELECT COUNT(*) FROM load_lines") == 1
    assert room.one("SELECT COUNT(*) FROM loaded_objects") == 1


def test_times_keep_their_milliseconds(room: Room) -> None:
    room.empty()
    room.run(rules_batch(RULES[0]))
    manifest = room.put_rows("votes/2026/09/21/14/a.gz", [vote(arrived_at=START_MS + 987)])
    load = [LakeObject("votes/2026/09/21/14/a.gz", 1)]
    room.run(copy_load("load-1", load, manifest=manifest, copy_role="default"))
    at = room.one("SELECT arrived_at FROM votes")
    assert at == datetime.fromtimestamp((START_MS + 987) / 1000, UTC).replace(tzinfo=None)


def test_one_vote_identity_again_after_a_week_is_a_new_vote(room: Room) -> None:
    """The live path forgets an identity's marker after seven days; so does the merge."""
    room.empty()
    room.run(rules_batch(RULES[0]))
    for number, days in enumerate((0, 8)):
        row = vote(
            arrived_at=START_MS + days * 86_400_000,
            voted_at=START_MS + days * 86_400_000,
            sequence_number=str(100 + number),
        )
        key = f"votes/2026/09/21/14/{number}.gz"
        manifest = room.put_rows(key, [row])
        load = [LakeObject(key, 1)]
        room.run(copy_load(f"load-{number}", load, manifest=manifest, copy_role="default"))
    assert room.one("SELECT COUNT(*) FROM votes") == 2


def vote(
    *, arrived_at: int = START_MS, voted_at: int = START_MS, sequence_number: str = "7"
) -> Row:
    return Row(
        arrived_at=arrived_at,
        sequence_number=sequence_number,
        subsequence=0,
        line=1,
        transform_version=1,
        poll="cube",
        device_id="d1",
        seq=1,
        colour="red",
        voted_at=voted_at,
        region="north",
    )


def test_the_model_names_lines_as_the_merge_does() -> None:
    assert line_id(line_key(vote())) == "7/0/1"
