"""Old and new code run mixed: what is unknown is ignored or refused by name, never guessed at.

docs/decisions/0015-versions.md states the rule; each test here is a line of its table.
"""

import json
import random
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import keys
from core.agreement import Agreement
from core.check_report import CheckReport
from core.errors import DataFolderUnusable, OutboxDamaged, VersionUnknown
from core.item import to_attribute, to_item
from core.lane import LaneState
from core.ledger import sum_lines
from core.poll import DEFAULT_PALETTE, PollRules
from core.record import Stamp, encode_stamp
from core.row import Row
from core.tally import colours_of
from core.trend import from_trend_item, new_state, to_trend_item
from core.vote import Vote, encode_votes
from firehose_transforms.row_lines import row_lines
from firehose_transforms.source_record import SourceRecord
from firehose_transforms.transform import transform_records
from local.firehose.response import verdicts
from local.supervise.folder import DataFolder
from processors.batch import Processor
from processors.chunk import split
from processors.park import ParkingLot
from processors.rollup import Rollup
from processors.rules import RulesReader
from processors.store import TallyStore
from processors.work import Worker
from producers.outbox_meta import read_meta, write_meta
from tests.history.room import Room
from tests.local.desk import TABLE, Desk

LANE = (keys.lane_pk("p"), keys.lane_sk(3))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


class Lake(dict[str, bytes]):
    """Objects in memory."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:
        self[Key] = Body
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> Any:
        raise AssertionError("no chunk here goes by reference")

    @property
    def reasons(self) -> list[str]:
        bodies = (json.loads(self[key]) for key in sorted(self))
        return [line["reason"] for body in bodies for line in body["lines"]]


def processor(desk: Desk, lake: Lake) -> Processor:
    return Processor(
        store=TallyStore(desk.dynamodb, table=TABLE),
        parking=ParkingLot(lake, bucket="lake"),
        rules=RulesReader(desk.dynamodb, table=TABLE, clock=desk.clock),
        clock=desk.clock,
        rng=random.Random(3),
        wait=desk.clock.advance,
    )


def vote(desk: Desk, seq: int = 1, **more: object) -> bytes:
    made = Vote("cube", "d", seq, "red", desk.clock.now_ms())
    return msgspec.json.encode({**msgspec.structs.asdict(made), **more}) + b"\n"


def stamp(votes: int, number: int = 1, **more: object) -> bytes:
    said = {"v": 1, "producer": "p", "lane": 3, "number": number, "votes": votes, **more}
    return msgspec.json.encode({"batch": said}) + b"\n"


def event(desk: Desk, *data: bytes) -> list[dict[str, Any]]:
    return [
        {
            "eventID": f"shardId-000000000000:{number}",
            "newerMember": {"deep": [1]},
            "kinesis": {
                "data": b64encode(each).decode(),
                "partitionKey": "k",
                "sequenceNumber": str(number),
                "approximateArrivalTimestamp": desk.clock.now_ms() / 1000,
                "newerMember": 1,
            },
        }
        for number, each in enumerate(data, 1)
    ]


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


# --- rows of the lake ---


def test_rows_with_unknown_members_and_without_younger_ones_are_loaded() -> None:
    """COPY FORMAT JSON 'auto' ignores members that are no columns; what is missing is NULL."""
    room = Room()
    try:
        row = b'{"arrived_at":1790000000000,"sequence_number":"1","subsequence":0,"line":1,'
        row += b'"transform_version":9,"poll":"cube","newer":{"a":[1]}}\n'
        url = room.put_bytes("votes/2026/09/21/00/a.gz", row)
        room.run(
            [
                "CREATE TEMP TABLE incoming (LIKE landing)",
                f"COPY incoming FROM '{url}' IAM_ROLE default MANIFEST GZIP JSON 'auto' "
                "TIMEFORMAT 'epochmillisecs'",
            ]
        )
        columns = "poll, transform_version, producer, extra, raw"
        assert room.all(f"SELECT {columns} FROM incoming") == [("cube", 9, None, None, None)]
    finally:
        room.close()


# --- what functions hand to one another ---


def test_a_chunk_with_unknown_members_is_applied(desk: Desk) -> None:
    records = event(desk, stamp(1) + vote(desk))
    (chunk,) = split(records, bytes_max=100_000)
    worker = Worker(processor(desk, Lake()), Lake(), "lake")
    outcome = worker.run({**json.loads(chunk.payload), "form": "newer"})
    assert (outcome.votes, outcome.failed_record) == (1, None)


@pytest.mark.parametrize("changed", [{"Records": None}, {"kinesis": None}, {"data": None}])
def test_a_chunk_of_another_form_fails_whole_so_that_lambda_keeps_it(
    desk: Desk, changed: dict[str, None]
) -> None:
    """B50: a worker that raises is tried again, then the chunk lies in the lake."""
    (record,) = event(desk, stamp(1) + vote(desk))
    if "data" in changed:
        del record["kinesis"]["data"]
    elif "kinesis" in changed:
        record["newerKinesis"] = record.pop("kinesis")
    chunk = {"newerRecords": [record]} if "Records" in changed else {"Records": [record]}
    with pytest.raises(KeyError):
        Worker(processor(desk, Lake()), Lake(), "lake").run(chunk)
    assert desk.totals() == {}


def test_a_transform_answers_records_with_unknown_members_and_is_understood(desk: Desk) -> None:
    record = {
        "recordId": "1",
        "data": b64encode(vote(desk)).decode(),
        "approximateArrivalTimestamp": desk.clock.now_ms(),
        "kinesisRecordMetadata": {
            "sequenceNumber": "1", "subsequenceNumber": 0, "partitionKey": "k",
            "shardId": "shardId-000000000000",
            "approximateArrivalTimestamp": desk.clock.now_ms(), "newer": 1,
        },
        "newer": {},
    }  # fmt: skip
    answers, summary = transform_records([record])
    assert (summary.rows, summary.failed) == (1, 0)
    newer = {"records": [{**answers[0], "metadata": {"partitionKeys": {}}}], "newer": 1}
    assert isinstance(verdicts(json.dumps(newer).encode(), ["1"])[0], bytes)


# --- folders on disk ---


def test_an_outbox_of_a_newer_version_is_refused_and_an_unknown_member_is_not(
    tmp_path: Path,
) -> None:
    write_meta(tmp_path, "p", 8)
    path = tmp_path / "outbox.json"
    meta = json.loads(path.read_text())
    path.write_text(json.dumps(meta | {"newer": 1}))
    assert read_meta(tmp_path) == ("p", 8)
    path.write_text(json.dumps(meta | {"version": 2}))
    with pytest.raises(OutboxDamaged, match="version 2, not 1"):
        read_meta(tmp_path)


def test_a_data_folder_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    folder.version.write_text("2\n")
    with pytest.raises(DataFolderUnusable, match="version '2', this program writes 1"):
        folder.prepare()
    assert folder.version.read_text() == "2\n"


def test_what_we_write_is_what_older_code_reads() -> None:
    """A release that changes one of these lines changes what a rollback can read."""
    assert LaneState().to_values().keys() == {"high", "gaps", "partial", "votes", "parked", "rev"}
    line = encode_stamp(Stamp(v=1, producer="p", lane=0, number=1, votes=1))
    assert json.loads(line)["batch"]["v"] == 1
    assert b'"v"' not in encode_votes([Vote("cube", "d", 1, "red", 1)]), "v 1 is left out"
