"""Objects are rewritten under their keys, in a range that is enough, by a request that resumes."""

import gzip
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import InvariantBroken, UsageError
from core.vote import Vote, encode_votes
from local.forgetting import request
from local.forgetting.backup_delay import backup_delay_ms
from local.forgetting.expiry import rests
from local.forgetting.lake_objects import PREFIXES, LakeWalk, Place
from local.forgetting.limits import DAY_MS, OLD_VERSION_DAYS
from local.forgetting.obstacle import refuse_failures, refuse_unsent
from local.forgetting.rewriter import Person
from producers.outbox import Outbox
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped
from tests.local.recovery.whole_check import broken

ME = Person("me", "gone-0123456789abcdef01234567")
TEMPLATE = Path(__file__).resolve().parents[3] / "infra" / "template.yaml"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RecoveryDesk]:
    desk = RecoveryDesk(tmp_path)
    yield desk
    desk.close()


def walk(
    desk: RecoveryDesk,
    person: Person = ME,
    *,
    write: bool = True,
    settled: bool = True,
    from_ms: int = 0,
    to_ms: int | None = None,
) -> dict[str, Place]:
    lake = LakeWalk(
        s3=desk.s3, bucket=BUCKET, person=person, settled=settled, from_ms=from_ms, to_ms=to_ms
    )
    return {place.prefix: place for place in lake.run(write=write)}


def objects(desk: RecoveryDesk) -> dict[str, bytes]:
    bodies = {key: desk.body(key) for key in desk.keys("")}
    return {k: gzip.decompress(b) if b[:2] == b"\x1f\x8b" else b for k, b in bodies.items()}


def both_paths(desk: RecoveryDesk) -> None:
    """Votes of two devices, some in a batch, some not, one parked; both paths do them."""
    votes = [desk.vote(1, device="me"), desk.vote(2, device="you")]
    desk.put(stamped(votes, 1))
    desk.put_votes(desk.vote(3, device="me"), desk.vote(4, "no colour", device="me"))
    desk.count()
    desk.deliver()


def test_every_place_is_rewritten_and_everything_still_adds_up(desk: RecoveryDesk) -> None:
    both_paths(desk)
    before = objects(desk)
    said = walk(desk)
    assert {place: each.lines for place, each in said.items() if each.lines} == {
        "votes/": 3, "backup/": 3, "parked/": 2,
    }  # fmt: skip
    after = objects(desk)
    assert after.keys() == before.keys()
    assert not any(b'"me"' in body for body in after.values())
    (parked,) = (json.loads(body) for key, body in after.items() if key.startswith("parked/"))
    assert b64decode(parked["data"]).count(ME.pseudonym.encode()) == 2
    assert broken(desk) == {}
    assert not any(place.lines for place in walk(desk).values()), "again finds nothing"


def test_a_dry_run_says_the_same_and_changes_nothing(desk: RecoveryDesk) -> None:
    both_paths(desk)
    before = {key: desk.body(key) for key in desk.keys("")}
    said = walk(desk, write=False)
    assert {key: desk.body(key) for key in desk.keys("")} == before
    assert {p: e.lines for p, e in walk(desk).items()} == {p: e.lines for p, e in said.items()}


def test_headers_and_gzip_stay(desk: RecoveryDesk) -> None:
    body = gzip.compress(encode_votes([desk.vote(1, device="me")]))
    key = "backup/2026/11/25/00/a.gz"
    desk.s3.put_object(
        Bucket=BUCKET, Key=key, Body=body, ContentType="application/x", ContentEncoding="gzip",
        Metadata={"a": "b"},
    )  # fmt: skip
    walk(desk)
    head = desk.s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["ContentEncoding"]) == ("application/x", "gzip")
    assert head["Metadata"] == {"a": "b"}
    assert ME.pseudonym.encode() in gzip.decompress(desk.body(key))


def test_a_range_reads_its_days_and_rows_that_were_made_later(desk: RecoveryDesk) -> None:
    line = encode_votes([desk.vote(1, device="me")])
    now_ms = desk.clock.now_ms()
    near = desk.store("backup", now_ms, line, ext="")
    far = desk.store("backup", now_ms - 9 * DAY_MS, line, ext="")
    late = "votes/2099/01/01/00/recovered-1-2099-01-01-00-00-00-x"
    desk.s3.put_object(Bucket=BUCKET, Key=late, Body=line)
    later = desk.store("votes", now_ms + 9 * DAY_MS, line, ext="")
    walk(desk, from_ms=now_ms - DAY_MS, to_ms=now_ms + DAY_MS)
    changed = {key for key in (near, far, late, later) if desk.body(key) != line}
    assert changed == {near, late}


def test_a_failed_record_that_a_name_is_made_of_waits_until_nothing_comes_again(
    desk: RecoveryDesk,
) -> None:
    desk.put_votes(desk.vote(1, device="me"))
    desk.count()
    desk.deliver(failing=True)
    with pytest.raises(InvariantBroken, match="cube recover put --kind history"):
        refuse_failures(desk.s3, BUCKET, ME)
    desk.recover(kinds=["history"])
    refuse_failures(desk.s3, BUCKET, ME)
    early = walk(desk, settled=False)["errors/"]
    assert (early.lines, list(early.named)) == (0, desk.keys("errors/"))
    assert broken(desk) == {}, "its rows are still known by the record's name"
    settled = walk(desk)["errors/"]
    assert (settled.rewritten, settled.named) == (1, {})


def test_an_object_that_cannot_be_read_is_named(desk: RecoveryDesk) -> None:
    desk.s3.put_object(Bucket=BUCKET, Key="votes/2026/a.gz", Body=b"\x1f\x8bbroken")
    assert "votes/2026/a.gz" in walk(desk)["votes/"].named


def test_a_request_that_was_killed_goes_on_under_its_pseudonym(desk: RecoveryDesk) -> None:
    assert request.begun(desk.s3, BUCKET, "me", None) is None
    request.begin(desk.s3, BUCKET, ME)
    assert request.begun(desk.s3, BUCKET, "me", None) == ME
    with pytest.raises(UsageError, match="not finished: end it, without --poll"):
        request.begun(desk.s3, BUCKET, "me", "lunch")
    assert b"me" not in b"".join(desk.keys("forgetting/")[0].encode().split(b"/")[1:])
    request.end(desk.s3, BUCKET, ME)
    assert desk.keys("forgetting/") == []


def test_votes_that_are_not_sent_are_sent_first(desk: RecoveryDesk, tmp_path: Path) -> None:
    clock = SystemClock()
    outbox = Outbox.open(tmp_path / "outbox", clock=clock, rng=desk.rng)
    outbox.offer_votes([Vote("cube", "me", 1, "red", clock.now_ms())], clock.now_ms())
    outbox.seal(clock.now_ms(), everything=True)
    with pytest.raises(UsageError, match="holds votes of this device that are not sent"):
        refuse_unsent([tmp_path / "outbox"], ME)
    refuse_unsent([tmp_path / "outbox"], Person("you", ME.pseudonym))
    outbox.close()


def test_what_forgets_by_itself_has_a_last_day_and_here_there_are_no_copies() -> None:
    here = rests(DAY_MS, DAY_MS, 24, on_aws=False)
    assert [rest.until_ms - DAY_MS for rest in here] == [DAY_MS, 7 * DAY_MS, 3_600_000]
    on_aws = rests(DAY_MS, DAY_MS, 24, on_aws=True)
    assert max(rest.until_ms for rest in on_aws) == DAY_MS + (7 + 2 + 35) * DAY_MS
    assert [rest.place.partition(":")[0] for rest in rests(99 * DAY_MS, 0, 24, on_aws=True)] == [
        "lake", "warehouse",
    ]  # fmt: skip


def test_the_drawing_keeps_old_versions_as_long_as_is_said_and_no_place_is_missing() -> None:
    text = TEMPLATE.read_text()
    days = re.findall(r"NoncurrentDays: (\d+)", text)
    assert days == [str(OLD_VERSION_DAYS)]
    drawn = set(
        re.findall(r"(?:Prefix: |/)\"?((?:votes|backup|errors|parked|dispatch|aws)/)", text)
    )
    assert drawn
    assert all(any(prefix.startswith(place) for prefix in PREFIXES) for place in drawn)


def test_a_backup_is_there_once_the_longest_buffer_is_over() -> None:
    class Firehose:
        def describe_delivery_stream(self, *, DeliveryStreamName: str) -> object:
            hints = [{"IntervalInSeconds": 5}, {"S3BackupDescription": {"IntervalInSeconds": 60}}]
            return {"DeliveryStreamDescription": {"Destinations": hints}}

    assert backup_delay_ms(Firehose(), ["a"]) == 80_000
    assert backup_delay_ms(Firehose(), []) == 920_000
