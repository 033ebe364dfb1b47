"""Old and new code run mixed: what is unknown is ignored or refused by name, never guessed at.

docs/decisions/0015-versions.md states the rule; each test here is a line of its table.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from core import keys
from core.agreement import Agreement
from core.check_report import CheckReport
from core.errors import VersionUnknown
from core.item import to_attribute, to_item
from core.lane import LaneState
from core.ledger import sum_lines
from core.poll import DEFAULT_PALETTE, PollRules
from core.row import Row
from core.tally import colours_of
from core.trend import from_trend_item, new_state, to_trend_item
from firehose_transforms.row_lines import row_lines
from firehose_transforms.source_record import SourceRecord
from processors.rollup import Rollup
from tests.core.version_desk import Lake, event, processor, stamp, vote
from tests.local.desk import TABLE, Desk

LANE = (keys.lane_pk("p"), keys.lane_sk(3))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def both(desk: Desk, data: bytes) -> tuple[int, list[str], list[Row]]:
    """Return what the live path counts and parks of a record, and history's rows of it."""
    lake = Lake()
    outcome = processor(desk, lake).run(event(desk, data))
    assert outcome.failed_record is None, outcome.error
    source = SourceRecord(data, desk.clock.now_ms(), "1", 0)
    lines = b"".join(part.data for part in row_lines(source))
    rows = msgspec.json.Decoder(Row).decode_lines(lines)
    assert [row.parked_reason for row in rows if row.parked_reason] == lake.reasons
    assert outcome.votes == sum(row.parked_reason is None for row in rows)
    return outcome.votes, lake.reasons, rows


# --- votes and stamps ---


def test_a_vote_with_unknown_members_counts_and_history_keeps_them(desk: Desk) -> None:
    counted, _, (row,) = both(desk, vote(desk, weight=2, tags={"a": ["b"]}))
    assert (counted, row.extra) == (1, '{"weight":2,"tags":{"a":["b"]}}')


@pytest.mark.parametrize("version", [2, 0, "1", None, 1.5])
def test_a_vote_of_another_version_is_parked_as_such_on_both_paths(
    desk: Desk, version: object
) -> None:
    counted, reasons, _ = both(desk, vote(desk, 1) + vote(desk, 2, v=version))
    assert (counted, reasons) == (1, ["bad_version"])


def test_a_stamp_with_unknown_members_is_believed_on_both_paths(desk: Desk) -> None:
    counted, _, rows = both(desk, stamp(2, codec="none") + vote(desk, 1) + vote(desk, 2))
    assert counted == 2
    assert {(row.producer, row.lane, row.number) for row in rows} == {("p", 3, 1)}
    assert desk.items(*LANE)[0]["high"] == 1


@pytest.mark.parametrize("version", [2, 0, "1"])
def test_a_batch_under_a_stamp_of_another_version_is_parked_whole_on_both_paths(
    desk: Desk, version: object
) -> None:
    counted, reasons, _ = both(desk, stamp(2, v=version) + vote(desk, 1) + vote(desk, 2))
    assert counted == 0
    assert set(reasons) == {"bad_stamp"}
    assert desk.items(*LANE) == [], "no lane is moved by what is not understood"


# --- items of the table ---


def put(desk: Desk, pk: str, sk: str, **values: object) -> None:
    desk.dynamodb.put_item(TableName=TABLE, Item=to_item({"pk": pk, "sk": sk} | values))


def test_a_lane_state_with_unknown_members_is_read_and_goes_on(desk: Desk) -> None:
    both(desk, stamp(1) + vote(desk))
    (item,) = desk.items(*LANE)
    put(desk, item.pop("pk"), item.pop("sk"), **item, newer={"a": [1]}, newer_flag=True)
    again = processor(desk, Lake()).run(event(desk, stamp(1) + vote(desk)))
    assert (again.failed_record, again.votes) == (None, 0), "its batch is known"
    both(desk, stamp(1, number=2) + vote(desk, 2))
    assert desk.totals() == {"red": 2}


@pytest.mark.parametrize("missing", ["high", "gaps", "partial", "rev"])
def test_a_lane_state_without_what_counting_needs_is_never_guessed(missing: str) -> None:
    values = LaneState(high=3, rev=3).to_values()
    del values[missing]
    with pytest.raises(KeyError, match=missing):
        LaneState.from_values(values)


def test_a_lane_state_of_a_newer_version_stops_the_lane_and_nothing_is_counted(desk: Desk) -> None:
    """Standing still is right: the votes wait in the stream for the code that knows it."""
    put(desk, *LANE, **LaneState(high=3, rev=3).to_values(), v=2)
    outcome = processor(desk, Lake()).run(event(desk, stamp(1, number=4) + vote(desk)))
    assert (outcome.failed_record, outcome.votes) == (0, 0)
    assert "VersionUnknown: reading lane state: version 2" in outcome.error
    assert desk.totals() == {}


def test_poll_rules_with_unknown_members_judge_and_newer_ones_stop_everything(desk: Desk) -> None:
    rules = PollRules(poll="lunch", version=1, effective_ms=0, palette=DEFAULT_PALETTE)
    item = rules.to_item()
    assert PollRules.from_item(item | {"newer": to_attribute(["x"])}) == rules
    desk.dynamodb.put_item(TableName=TABLE, Item=item | {"v": to_attribute(2)})
    outcome = processor(desk, Lake()).run(event(desk, vote(desk)))
    assert (outcome.failed_record, outcome.votes) == (0, 0)
    assert VersionUnknown.__name__ in outcome.error


def test_unknown_numbers_in_tallies_and_ledger_are_not_votes_and_survive_a_rollup(
    desk: Desk,
) -> None:
    both(desk, vote(desk))
    pk, second = keys.poll_pk("cube"), desk.clock.now_ms() // 1000
    for item in (*desk.items(pk, "second#"), *desk.items(keys.ledger_pk("cube"))):
        desk.dynamodb.update_item(
            TableName=TABLE,
            Key=to_item({"pk": item["pk"], "sk": item["sk"]}),
            UpdateExpression="ADD #newer :n",
            ExpressionAttributeNames={"#newer": "w#red"},
            ExpressionAttributeValues={":n": {"N": "7"}},
        )
    assert colours_of(desk.items(pk, "second#")) == {"red": 1}
    assert +sum_lines(desk.items(keys.ledger_pk("cube"))) == {"counted": 1}
    Rollup(desk.dynamodb, table=TABLE).run(("cube",), now_ms=(second + 2 * 86_400) * 1000)
    (minute,) = desk.items(pk, "minute#")
    assert (minute["c#red"], minute["w#red"]) == (1, 7)
    assert desk.items(pk, "second#") == []


def test_reports_with_unknown_members_are_read() -> None:
    newer = {"newer": to_attribute({"a": 1})}
    agreement = Agreement(
        checked_at_ms=1, from_minute=1, until_minute=2, live=3, history=3, minutes_different=0,
        behind_minutes=0,
    )  # fmt: skip
    assert Agreement.from_item(agreement.to_item() | newer) == agreement
    report = CheckReport(checked_at_ms=1, waited_s=0, lines=())
    assert CheckReport.from_item(report.to_item() | newer) == report


def test_a_trend_with_unknown_members_is_read_and_one_of_another_shape_is_none() -> None:
    item = to_trend_item("cube", "s", new_state(60))
    state = json.loads(item["state"]["S"])
    newer = to_attribute(json.dumps(state | {"newer": 1}))
    assert from_trend_item(item | {"state": newer}) == from_trend_item(item)
    with pytest.raises(ValueError, match="reading trend item"):
        from_trend_item(item | {"state": to_attribute('{"newer":1}')})
