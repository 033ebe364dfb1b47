"""One device goes out of an object, and every line that is not its own keeps every byte."""

import json
from base64 import b64decode, b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import kpl
from core.limits import VOTE_LINE_BYTES_MAX
from core.record import Stamp, encode_stamp, payload_lines, read_payloads
from core.vote import Vote, encode_votes
from firehose_transforms.limits import RAW_BYTES_MAX
from firehose_transforms.row_lines import row_lines
from firehose_transforms.source_record import SourceRecord
from local.forgetting.rewriter import Person, Rewriter

GONE = "gone-0123456789abcdef01234567"
ME = Person("me", GONE)
NOW_MS = 1_790_000_000_000

names = st.text(max_size=6) | st.sampled_from(["me", "me2", "m", 'm"e', "mé", "\\me"])
votes = st.builds(
    lambda device, poll, seq, extra: {
        "poll": poll, "device_id": device, "seq": seq, "colour": "me", "voted_at": 1, **extra
    },
    names,
    st.sampled_from(["cube", "me"]),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from(["x", "me"]), names | st.dictionaries(names, names)),
)  # fmt: skip
lines = st.builds(
    lambda vote, ascii: json.dumps(vote, ensure_ascii=ascii).encode(), votes, st.booleans()
)
garbage = st.binary(max_size=30).map(lambda data: data.replace(b"\n", b""))


def device_of(line: bytes) -> str | None:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError):
        return None
    return value.get("device_id") if isinstance(value, dict) else None


@given(body=st.lists(lines | garbage))
def test_every_other_line_stays_byte_for_byte_and_lines_keep_their_number(
    body: list[bytes],
) -> None:
    rewriter = Rewriter(ME)
    after = rewriter.votes(b"\n".join(body)).split(b"\n")
    assert len(after) == max(1, len(body))
    mine = 0
    for old, new in zip(body, after, strict=False):
        if device_of(old) == "me":
            mine += 1
            said = msgspec.json.decode(old)
            assert msgspec.json.decode(new) == {**said, "device_id": GONE}
            assert new.count(GONE.encode()) == 1
        elif old.startswith(b"{") and device_of(old) is not None:
            assert new == old
    assert rewriter.lines >= mine
    assert Rewriter(ME).votes(b"\n".join(after)) == b"\n".join(after), "again finds nothing"


@given(body=st.lists(lines.filter(lambda line: device_of(line) != "me")))
def test_nothing_changes_where_the_device_is_not(body: list[bytes]) -> None:
    rewriter = Rewriter(ME)
    assert rewriter.votes(b"\n".join(body)) == b"\n".join(body)
    assert (rewriter.lines, rewriter.left) == (0, 0)


def vote(device: str = "me", seq: int = 1, poll: str = "cube") -> Vote:
    return Vote(poll, device, seq, "red", NOW_MS)


def test_a_batch_keeps_its_stamp_and_its_lines() -> None:
    stamp = encode_stamp(Stamp(v=1, producer="me", lane=3, number=7, votes=2))
    data = stamp + encode_votes([vote("you"), vote()])
    after = Rewriter(ME).record(data)
    assert after == stamp + encode_votes([vote("you"), vote(GONE)])
    (payload,) = read_payloads(after)
    assert payload.stamp is not None
    assert [line.reason for line in payload_lines(payload)] == [None, None]


def test_records_that_ran_into_one_another_on_a_line_are_told_apart() -> None:
    both = encode_votes([vote("you"), vote()]).replace(b"\n", b"")
    after = Rewriter(ME).votes(both)
    assert after == encode_votes([vote("you"), vote(GONE)]).replace(b"\n", b"")


def test_members_of_a_clients_own_are_not_looked_into() -> None:
    inner = b'{"device_id":"you","poll":"cube","by":{"device_id":"me"},"x":["device_id","me"]}'
    assert Rewriter(ME).votes(inner) == inner


def test_only_the_poll_that_was_asked_for_is_changed() -> None:
    data = encode_votes([vote(), vote(poll="lunch")])
    after = Rewriter(Person("me", GONE, "lunch")).votes(data)
    assert after == encode_votes([vote(), vote(GONE, poll="lunch")])


def test_an_aggregate_is_taken_apart_and_put_together_again() -> None:
    parts = [("me", encode_votes([vote()])), ("other", encode_votes([vote("you")]))]
    after = Rewriter(ME).record(kpl.aggregate(parts))
    assert kpl.user_records(after) == [encode_votes([vote(GONE)]), parts[1][1]]
    assert b"me" not in after.replace(b"time", b"").replace(b"name", b"")
    untouched = kpl.aggregate(parts[1:])
    assert Rewriter(ME).record(untouched) == untouched


def test_a_row_loses_the_device_in_its_column_and_in_its_raw_line() -> None:
    good = encode_votes([vote(), vote("you")])
    bad = b'{"device_id":"me","poll":"cube","v":9}\n{"device_id":"you","v":9}\nme\n'
    rows = b"".join(part.data for part in row_lines(SourceRecord(good + bad, NOW_MS, "49", 0)))
    rewriter = Rewriter(ME)
    before, after = rows.splitlines(), rewriter.rows(rows).splitlines()
    assert [old == new for old, new in zip(before, after, strict=True)] == [
        False, True, False, True, True,
    ]  # fmt: skip
    assert json.loads(after[0])["device_id"] == GONE
    assert json.loads(b64decode(json.loads(after[2])["raw"]))["device_id"] == GONE
    assert (rewriter.lines, rewriter.left) == (2, 1), "a line that is no JSON is named, not changed"


def test_a_raw_line_that_was_cut_still_fits_its_column() -> None:
    line = b'{"device_id":"me","v":9,"x":"' + b"y" * 30_000
    rows = b"".join(part.data for part in row_lines(SourceRecord(line, NOW_MS, "49", 0)))
    raw = b64decode(json.loads(Rewriter(ME).rows(rows))["raw"])
    assert raw.startswith(b'{"device_id":"gone-')
    assert len(raw) == RAW_BYTES_MAX


def test_a_line_that_would_become_too_long_is_left_and_named() -> None:
    line = json.dumps({"device_id": "me", "x": ""}).encode()
    line = line.replace(b'""', b'"' + b"y" * (VOTE_LINE_BYTES_MAX - len(line)) + b'"')
    rewriter = Rewriter(ME)
    assert rewriter.votes(line) == line
    assert (rewriter.lines, rewriter.left) == (0, 1)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_failed_event_loses_the_device_in_data_and_partition_key(as_text: bool) -> None:
    def event(device: str) -> dict[str, object]:
        data = b64encode(encode_votes([vote(device)])).decode()
        other = b64encode(encode_votes([vote("you")])).decode()
        return {
            "Records": [
                {"kinesis": {"partitionKey": device, "data": data}, "eventID": "s:1"},
                {"kinesis": {"partitionKey": "you", "data": other}, "eventID": "s:2"},
            ]
        }

    def failure(device: str) -> bytes:
        payload = event(device)
        return json.dumps({"v": 1, "payload": json.dumps(payload) if as_text else payload}).encode()

    assert json.loads(Rewriter(ME).document(failure("you"))) == json.loads(failure("you"))
    after = json.loads(Rewriter(ME).document(failure("me")))
    wanted = json.loads(failure(GONE))
    if as_text:
        after["payload"], wanted["payload"] = (json.loads(e["payload"]) for e in (after, wanted))
    assert after == wanted


def test_a_record_whose_votes_markers_know_stays_until_they_have_expired() -> None:
    def failure(data: bytes) -> bytes:
        return json.dumps({"kinesis": {"data": b64encode(data).decode()}}).encode()

    plain = failure(encode_votes([vote()]))
    rewriter = Rewriter(ME, settled=False)
    assert rewriter.document(plain) == plain
    assert (rewriter.lines, rewriter.waiting) == (0, 1)
    stamp = encode_stamp(Stamp(v=1, producer="p", lane=3, number=7, votes=1))
    batch = failure(stamp + encode_votes([vote()]))
    assert Rewriter(ME, settled=False).document(batch) != batch, "its lane knows it"
