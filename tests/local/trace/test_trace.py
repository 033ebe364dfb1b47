"""Where a vote is found on its way, and what is said of it: on a desk of both paths."""

import json
import random

import pytest

from core.item import to_item
from core.keys import lane_pk, lane_sk
from core.vote import encode_votes
from local.trace.find import LoadFind, WarehouseRow
from local.trace.sighting import Place
from local.trace.timeline import ACCOUNTED, LOST, NOWHERE
from producers.outbox import Outbox
from producers.publish import Publisher
from tests.local.desk import STREAM, TABLE
from tests.local.recovery.desk import stamped
from tests.local.trace.desk import Rows, TraceDesk, station, stations


def test_a_stamped_vote_is_followed_to_its_row(
    desk: TraceDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    cast_ms = desk.clock.now_ms()
    desk.clock.advance(40)
    votes = [desk.vote(1), desk.vote(2)]
    desk.put(stamped(votes, 1))
    arrived_ms = desk.clock.now_ms()
    desk.count_and_log(capsys)
    desk.deliver()
    (key,) = desk.keys("votes/")
    desk.warehouse = Rows([], {key: LoadFind("load-1", arrived_ms + 9_000)})
    found = desk.trace("d", 2)
    assert found.exit_code == ACCOUNTED
    record = station(found, "record")
    assert (record.state, record.at_ms) == ("found", arrived_ms)
    assert (record.facts["producer"], record.facts["lane"], record.facts["number"]) == ("p", 0, 1)
    assert record.facts["line"] == 3
    assert station(found, "cast").at_ms == cast_ms + 40
    assert record.after_ms == 0
    assert "batch 1 of lane 0 of p is applied" in station(found, "counted").says
    call = station(found, "call")
    assert (call.facts["request_id"], call.facts["lag_ms"]) == ("r-1", 1_000)
    assert call.at_ms == arrived_ms + 1_000
    row = station(found, "lake")
    assert (row.facts["key"], row.facts["row"]) == (key, 2)
    assert station(found, "backup").facts["key"] == desk.keys("backup/")[0]
    assert station(found, "load").facts == {"load_id": "load-1"}
    assert station(found, "load").after_ms == 9_000
    assert station(found, "warehouse").state == "absent"
    assert found.steps[-1].says == "It is counted."


def test_an_unstamped_vote_is_known_by_its_marker(desk: TraceDesk) -> None:
    desk.put_votes(desk.vote(1), desk.vote(2))
    desk.count()
    found = desk.trace("d", 2)
    assert found.exit_code == ACCOUNTED
    assert station(found, "counted").says == "its marker names this line"
    assert station(found, "call").state == "absent", "this desk kept no log"
    assert station(found, "lake").state == "absent"
    assert station(found, "warehouse").state == "unknown"


def test_a_vote_that_is_said_again_is_a_duplicate(desk: TraceDesk) -> None:
    vote = desk.vote(1)
    desk.put_votes(vote)
    desk.count()
    desk.clock.advance(5_000)
    desk.put_votes(vote)
    desk.count()
    found = desk.trace("d", 1)
    first, again = stations(found, "counted")
    assert (first.state, first.copy) == ("found", 1)
    assert (again.state, again.copy) == ("absent", 2)
    assert "was counted by" in again.says
    assert found.exit_code == ACCOUNTED


def test_a_vote_that_says_otherwise_is_parked(desk: TraceDesk) -> None:
    desk.put_votes(desk.vote(1, "red"))
    desk.put_votes(desk.vote(1, "blue"))
    desk.count()
    found = desk.trace("d", 1)
    assert station(found, "parked").facts["reason"] == "identity_conflict"
    assert [step.state for step in stations(found, "counted")] == ["found", "absent"]


def test_a_parked_vote_says_why_and_where(desk: TraceDesk) -> None:
    desk.put(stamped([desk.vote(1), desk.vote(2, poll="lunch")], 1))
    desk.count()
    found = desk.trace("d", 2, poll="lunch")
    assert found.exit_code == ACCOUNTED
    parked = station(found, "parked")
    assert parked.facts["reason"] == "unknown_poll"
    assert desk.body(parked.facts["key"])
    assert station(found, "counted").state == "absent"
    assert found.steps[-1].says == "It is parked, with its reason."
    assert not stations(desk.trace("d", 1), "parked"), "its neighbour counts"


def test_a_line_that_is_no_vote_is_found_by_its_names(desk: TraceDesk) -> None:
    line = {"poll": "cube", "device_id": "d", "seq": 7, "colour": 3, "voted_at": 1}
    desk.put(json.dumps(line).encode() + b"\n")
    desk.count()
    found = desk.trace("d", 7)
    assert station(found, "parked").facts["reason"] == "bad_value"
    assert station(found, "cast").state == "unknown"
    assert found.exit_code == ACCOUNTED


def test_a_batch_that_is_sent_twice_counts_once(desk: TraceDesk) -> None:
    data = stamped([desk.vote(1)], 1)
    desk.put(data)
    desk.put(data)
    desk.count()
    found = desk.trace("d", 1)
    says = [step.says for step in stations(found, "counted")]
    assert len(says) == 2
    assert "counted once" not in says[0]
    assert says[1].endswith("sent again, counted once")


def test_escapes_hide_no_vote(desk: TraceDesk) -> None:
    line = encode_votes([desk.vote(1, device="rené")]).replace("é".encode(), b"\\u00e9")
    desk.put(line)
    desk.count()
    assert desk.trace("rené", 1).exit_code == ACCOUNTED


def test_what_consumers_have_not_come_to_waits(desk: TraceDesk) -> None:
    desk.done = False
    desk.put(stamped([desk.vote(1)], 1))
    found = desk.trace("d", 1)
    assert station(found, "counted").state == "absent"
    assert found.exit_code == ACCOUNTED
    assert "have not come to it" in found.steps[-1].says


@pytest.mark.parametrize("with_stamp", [True, False])
def test_what_consumers_have_passed_is_lost(desk: TraceDesk, with_stamp: bool) -> None:
    if with_stamp:
        desk.put(stamped([desk.vote(1)], 1))
    else:
        desk.put_votes(desk.vote(1))
    desk.skip_count()
    found = desk.trace("d", 1)
    assert found.exit_code == LOST
    assert "neither counted nor parked" in found.steps[-1].says


def test_half_a_batch_is_told_line_by_line(desk: TraceDesk) -> None:
    desk.put(stamped([desk.vote(1), desk.vote(2)], 1))
    desk.count()
    state = desk.lane().to_values() | {"gaps": [[1, 1]], "partial": {"1": 1}}
    item = to_item({"pk": lane_pk("p"), "sk": lane_sk(0), **state})
    desk.dynamodb.put_item(TableName=TABLE, Item=item)
    assert desk.trace("d", 1).exit_code == ACCOUNTED
    found = desk.trace("d", 2)
    assert found.exit_code == LOST
    assert "1 of its lines are applied" in station(found, "counted").says


def test_what_failed_on_its_way_to_the_lake_is_named(desk: TraceDesk) -> None:
    desk.put(stamped([desk.vote(1)], 1))
    desk.count()
    desk.deliver(failing=True)
    failed = station(desk.trace("d", 1), "failed")
    assert failed.says.startswith("history: Lambda.ProcessingFailedStatus")
    desk.recover(failed.facts["name"])
    assert station(desk.trace("d", 1), "lake").state == "absent", "rows have another place"


def outbox(desk: TraceDesk) -> Outbox:
    folder = desk.logs.parent / "outbox"
    desk.outbox_folders.append(folder)
    return Outbox.open(folder, clock=desk.clock, rng=random.Random(1), lanes=8)


def test_a_vote_waits_in_its_outbox(desk: TraceDesk) -> None:
    box = outbox(desk)
    box.offer_votes([desk.vote(1)], desk.clock.now_ms())
    box.seal(desk.clock.now_ms(), everything=True)
    found = desk.trace("d", 1)
    assert found.exit_code == ACCOUNTED
    assert station(found, "outbox").facts["acknowledged"] is False
    assert station(found, "record").state == "absent"
    assert "waits in its outbox" in found.steps[-1].says
    publisher = Publisher(box, desk, stream=STREAM, clock=desk.clock, rng=random.Random(2))
    while not box.drained:
        publisher.step()
    desk.count()
    found = desk.trace("d", 1)
    assert station(found, "counted").state == "found"
    assert found.exit_code == ACCOUNTED
    box.close()


def test_a_damaged_outbox_is_said_and_the_rest_is_asked(desk: TraceDesk) -> None:
    outbox(desk).close()
    (desk.outbox_folders[0] / "outbox.json").write_text("{}")
    desk.put_votes(desk.vote(1))
    desk.count()
    found = desk.trace("d", 1)
    assert station(found, "outbox").state == "unknown"
    assert found.exit_code == ACCOUNTED


def test_a_vote_that_nobody_sent_is_nowhere(desk: TraceDesk) -> None:
    desk.put_votes(desk.vote(1))
    desk.count()
    found = desk.trace("d", 2)
    assert found.exit_code == NOWHERE
    assert station(found, "record").state == "absent"
    assert {step.state for step in found.steps} <= {"absent", "unknown"}


def test_history_names_a_vote_that_the_stream_has_forgotten(desk: TraceDesk) -> None:
    vote = desk.vote(1)
    desk.put(stamped([vote], 1))
    desk.count()
    desk.deliver()
    (row,) = desk.rows()
    place = Place(
        sequence_number=row.sequence_number,
        subsequence=0,
        line=row.line,
        arrival_ms=row.arrived_at,
        batch=("p", 0, 1),
    )
    desk.warehouse = Rows([WarehouseRow("votes", place, row.arrived_at, vote.voted_at, "red")])
    assert station(desk.trace("d", 1), "record").state == "found"
    desk.kinesis.delete_stream(StreamName=STREAM)
    desk.kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    found = desk.trace("d", 1)
    assert found.exit_code == ACCOUNTED
    record = station(found, "record")
    assert (record.state, record.at_ms) == ("absent", row.arrived_at)
    assert station(found, "counted").state == "found"
    assert station(found, "lake").state == "found"
    assert station(found, "cast").at_ms == vote.voted_at
    assert station(found, "warehouse").says == "votes: red"
