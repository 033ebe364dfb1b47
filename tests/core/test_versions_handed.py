"""Rows, chunks, answers and folders of other versions are read, or refused and kept.

docs/decisions/0015-versions.md states the rule; tests/core/test_versions.py has the other half.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import DataFolderUnusable, OutboxDamaged
from core.lane import LaneState
from core.record import Stamp, encode_stamp
from core.vote import Vote, encode_votes
from firehose_transforms.transform import transform_records
from local.firehose.response import verdicts
from local.supervise.folder import DataFolder
from processors.chunk import split
from processors.work import Worker
from producers.outbox_meta import read_meta, write_meta
from tests.core.version_desk import Lake, event, processor, stamp, vote
from tests.history.room import Room
from tests.local.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


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
