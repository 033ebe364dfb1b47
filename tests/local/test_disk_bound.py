"""A full disk slows producers and loses nothing."""

import logging
from pathlib import Path

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.disk_bound import FREE_BYTES_MIN, BoundedKinesis, DiskBound, folder_bytes, state_of

FREE = 10 * FREE_BYTES_MIN


@pytest.mark.parametrize(
    ("used", "free", "state"),
    [
        (0, FREE, "free"),
        (799, FREE, "free"),
        (800, FREE, "warning"),
        (999, FREE, "warning"),
        (1_000, FREE, "full"),
        (0, FREE_BYTES_MIN - 1, "full"),
        (0, 2 * FREE_BYTES_MIN - 1, "warning"),
    ],
)
def test_it_warns_at_80_percent_and_is_full_at_the_bound(used: int, free: int, state: str) -> None:
    assert state_of(used, 1_000, free) == state


def test_every_file_below_the_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b").write_bytes(b"x" * 5)
    (tmp_path / "away").symlink_to("/nowhere")
    assert folder_bytes(tmp_path) == 15 + len("/nowhere")
    assert folder_bytes(tmp_path / "none") == 0


def test_it_says_so_once_when_the_state_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = DiskBound(tmp_path, bytes_max=100)
    with caplog.at_level(logging.INFO, "cube.disk"):
        disk.measure()
        assert caplog.messages == []
        (tmp_path / "a").write_bytes(b"x" * 85)
        disk.measure()
        disk.measure()
        (tmp_path / "a").unlink()
        disk.measure()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_full_disk_throttles_every_entry_and_takes_none(tmp_path: Path) -> None:
    """A7, A8: each entry fails alone, with the code that every SDK and our publisher retry."""
    disk = DiskBound(tmp_path, bytes_max=1)
    kinesis = BoundedKinesis(tmp_path / "kinesis", ManualClock(), disk=disk)
    kinesis.create_stream(StreamName="votes", ShardCount=1)
    records = [{"Data": b"x", "PartitionKey": "k"}, {"Data": b"y", "PartitionKey": "k"}]
    disk.measure()
    for put in (kinesis.put_records, kinesis.append_records):
        reply = put(StreamName="votes", Records=records)
        assert reply["FailedRecordCount"] == 2
        codes = {entry["ErrorCode"] for entry in reply["Records"]}
        assert codes == {"ProvisionedThroughputExceededException"}
    with pytest.raises(AwsError, match="ProvisionedThroughputExceededException"):
        kinesis.put_record(StreamName="votes", Data=b"x", PartitionKey="k")
    kinesis.commit()
    (shard,) = kinesis.shards("votes")
    read = kinesis.read("votes", shard.shard_id, after=0, records_max=10, bytes_max=10_000)
    assert read.records == []
    disk.state = "warning"
    assert kinesis.put_records(StreamName="votes", Records=records)["FailedRecordCount"] == 0
    kinesis.close()
