"""`cube forget` against the true `cube up`: the device is nowhere, and everything adds up."""

import gzip
import json
from base64 import b64decode
from typing import Any

import pytest

from core import kpl
from core.clock import SystemClock
from core.vote import Vote, encode_votes
from local.cli.clients import client_at
from local.lake_objects import objects_after, read_objects
from tests.processes.desk import Desk, wait_until

# Slow: the source backup is buffered for a minute.
pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(400)]
DEVICE = "device-to-forget"
BUCKET = "cube-lake"


def vote(seq: int, device: str = DEVICE, poll: str = "cube") -> Vote:
    return Vote(poll, device, seq, "red", SystemClock().now_ms())


def lake(s3: Any) -> dict[str, bytes]:
    keys = [each.key for each in objects_after(s3, BUCKET, "")]
    return {
        key: gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        for key, body in read_objects(s3, BUCKET, keys)
    }


def named(objects: dict[str, bytes]) -> set[str]:
    """Return the prefixes of objects that say the device, plainly or in base64."""

    def says(body: bytes) -> bool:
        packed = [part for part in body.split(b'"') if len(part) > 20 and b" " not in part]
        texts = [body]
        for part in packed:
            try:
                texts.append(b64decode(part, validate=True))
            except ValueError:
                continue
        return any(DEVICE.encode() in text for text in texts)

    return {key.partition("/")[0] for key, body in objects.items() if says(body)}


def test_a_device_is_forgotten_everywhere_and_the_ledger_stays_green(desk: Desk) -> None:
    desk.up(history=True)
    endpoint = f"http://127.0.0.1:{desk.aws_port}"
    kinesis, s3 = client_at("kinesis", endpoint), client_at("s3", endpoint)
    assert desk.run("vote", "--colour", "red", "--device", DEVICE).returncode == 0
    bad = json.dumps({"device_id": DEVICE, "poll": "cube", "v": 9}).encode() + b"\n"
    mixed = encode_votes([vote(100), vote(100, "other"), vote(101, poll="nowhere")]) + bad
    for data in (mixed, encode_votes([vote(100)]), kpl.aggregate([(DEVICE, mixed)])):
        kinesis.put_record(StreamName="votes", Data=data, PartitionKey=DEVICE)
    done = desk.run("load", "--votes", "2000", "--rate", "2000", "--json")
    assert done.returncode == 0, done.stderr
    desk.check()
    early = desk.run("forget", DEVICE, "--yes")
    assert (early.returncode, "run it again after" in early.stderr) == (2, True), early
    hasty = desk.run("forget", DEVICE, "--now", "--yes", "--wait", "1")
    assert (hasty.returncode, "the backup of its last vote" in hasty.stderr) == (2, True), hasty
    wait_until(lambda: "backup" in named(lake(s3)), "the backup is there", timeout_s=120)
    before = lake(s3)
    assert named(before) == {"votes", "backup", "parked"}
    dry = desk.run("forget", DEVICE, "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert lake(s3) == before
    done = desk.run("forget", DEVICE, "--now", "--yes", "--json", timeout_s=120)
    assert done.returncode == 0, done.stderr
    said = {line["place"]: line for line in map(json.loads, done.stdout.splitlines())}
    would = {line["place"]: line for line in map(json.loads, dry.stdout.splitlines())}
    changed = {place: line["lines"] for place, line in said.items() if "lines" in line}
    assert changed == {place: line["lines"] for place, line in would.items() if "lines" in line}
    assert said["warehouse votes"]["lines"] == 2
    assert said["lake votes/"]["lines"] == said["lake backup/"]["lines"]
    assert "until" in said["table: markers of votes without a stamp"]

    after = lake(s3)
    assert named(after) == set()
    assert after.keys() == before.keys()
    for key, body in before.items():
        assert body.count(b"\n") == after[key].count(b"\n"), key
    sql = "SELECT COUNT(*), COUNT(DISTINCT device_id) FROM votes WHERE device_id LIKE 'gone-%'"
    (counts,) = map(json.loads, desk.run("query", sql, "--json").stdout.splitlines())
    assert list(counts.values()) == [2, 1]
    texts = f"SELECT COUNT(*) AS n FROM parked_votes WHERE device_id = '{DEVICE}' OR raw <> ''"
    assert json.loads(desk.run("query", texts, "--json").stdout)["n"] == 0
    desk.check()
    twice = desk.run("query", "--file", "sql/checks/duplicate_identities.sql", "--json")
    assert (twice.returncode, twice.stdout) == (0, "")
    recount = desk.run("recount", "--from", "2020-01-01", "--json")
    assert recount.returncode == 0, recount.stdout

    again = desk.run("forget", DEVICE, "--now", "--yes", "--json", timeout_s=120)
    assert again.returncode == 0, again.stderr
    assert {json.loads(line)["lines"] for line in again.stdout.splitlines()} == {0}
    assert lake(s3) == after
