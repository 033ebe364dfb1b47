"""Any record in: the daemon's parts of it are the payloads that the Lambda processor reads."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from core import kpl
from core.record import Stamp, encode_stamp
from core.vote import Vote, encode_votes
from processors.delivery import Delivery, read_event
from processors.kcl_consumer import read_records
from tests.kcl.daemon import SHARD, user_records

VOTES = encode_votes([Vote("cube", "d", seq, "red", 1_790_000_000_000) for seq in (1, 2)])
STAMP = encode_stamp(Stamp(v=1, producer="p", lane=3, number=7, votes=2, lanes=32))
PARTS = st.one_of(
    st.sampled_from([VOTES, STAMP + VOTES, VOTES + STAMP, b"", b"\n", kpl.MAGIC]),
    st.binary(max_size=60),
)
AGGREGATES = st.lists(PARTS, max_size=5).map(
    lambda parts: kpl.aggregate([("key", part) for part in parts])
)
RECORDS = st.one_of(
    PARTS,
    AGGREGATES,
    AGGREGATES.map(lambda data: kpl.aggregate([("a", data), ("b", VOTES)])),
    AGGREGATES.map(lambda data: data[:-1]),
)


def facts(delivery: Delivery) -> tuple[object, ...]:
    """Return what decides how a delivery is counted, and under which name."""
    where = (delivery.record, delivery.shard, delivery.sequence_number, delivery.arrival_ms)
    return *where, delivery.payload, delivery.position(1)


@given(RECORDS, st.integers(0, 2**41))
def test_both_ways_to_a_record_give_the_same_payloads(data: bytes, arrival_ms: int) -> None:
    """A51 to A53."""
    event = {
        "eventID": f"{SHARD}:77",
        "kinesis": {
            "data": base64.b64encode(data).decode(),
            "sequenceNumber": "77",
            "partitionKey": "key",
            "approximateArrivalTimestamp": arrival_ms / 1000,
        },
    }
    by_lambda = read_event([event])
    by_kcl = [read_records(SHARD, [record])[0] for record in user_records([event])]
    assert list(map(facts, by_kcl)) == list(map(facts, by_lambda))
