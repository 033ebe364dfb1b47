"""Any record of the stream in: its payloads and lines are read, none is lost, none is made up."""

import base64
from typing import Final

from core import kpl
from core.record import (
    Payload,
    Stamp,
    count_lines,
    encode_stamp,
    payload_lines,
    read_lines,
    read_payloads,
    read_votes,
)
from core.verdict import Reason
from core.vote import Vote, encode_votes
from processors.delivery import read_event

VOTES: Final = [
    Vote("cube", "device-1", 1, "red", 1_790_000_000_000),
    Vote("cube", "device-1", 2, "Blue ", 1_790_000_000_100, "eu"),
]
GOOD: Final = encode_votes(VOTES)
STAMP: Final = encode_stamp(Stamp(v=1, producer="p", lane=3, number=7, votes=2, lanes=32))
SEEDS: Final = (
    *(b"", GOOD, GOOD[:-1], STAMP + GOOD, STAMP + GOOD + b"\n", GOOD + STAMP, b"{}\n[1]\n7\n"),
    GOOD.replace(b"cube", b"\xff") + GOOD,
    GOOD.replace(b'"seq":1', b'"seq":-1').replace(b'"eu"', b'"\\u0041",\n"x":{"y":[1]}'),
    kpl.aggregate([("a", GOOD), ("b", STAMP + GOOD)]),
)
WORDS: Final = (
    *(b'{"batch":', b'"v":1', b'"v":2', b'"producer":"p"', b'"lane":', b'"number":', b'"votes":'),
    *(b'"lanes":', b'{"poll":"cube"', b'"device_id":"d"', b'"seq":', b'"colour":"red"', b"}\n{"),
    *(b'"voted_at":1790000000000', b'"region":"eu"', b"9223372036854775808", b"\xf3\x89\x9a\xc2"),
    *(b"\\ud800", b"\\u0000", b"1e400", b"null", b"[[[[", b"]]]]", b"\xe2\x80\xa8", b"\r\n", b"\0"),
)
BYTES_MAX: Final = 2_000


def one_input(data: bytes) -> None:
    payloads = read_payloads(data)
    nothing = kpl.user_records(data) == []  # an aggregate of no user records
    assert bool(payloads) is not nothing, "every record leaves a trace in the ledger"
    for payload in payloads:
        check_payload(payload)
    event = {
        "eventID": "shardId-000000000000:49590338271490256608559692538361571095921575989136588898",
        "kinesis": {
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1_790_000_000.123,
            "partitionKey": "p-0003",
            "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
        },
    }
    delivered = [delivery.payload for delivery in read_event([event])]
    assert delivered == payloads, "nothing is delivered that was not read"


def check_payload(payload: Payload) -> None:
    """Each line that holds something is there once, with a vote or a reason."""
    lines = payload_lines(payload)
    held = [raw for raw in payload.body.split(b"\n") if raw.strip()]
    assert [line.raw for line in lines] == (held or [payload.body])
    numbers = [line.number for line in lines]
    assert numbers == sorted(set(numbers)), "lines are numbered as they stand"
    assert numbers[0] >= payload.first_line
    for line in lines:
        assert (line.vote is None) == (line.reason is not None)
        assert line.reason is not Reason.HANDLER_ERROR, "no fault of ours"
        if line.vote is not None:
            (again,) = read_lines(encode_votes([line.vote]), 1)
            assert again.vote == line.vote
    assert count_lines(payload.body) == len(held)
    if payload.broken is not None:
        assert {line.reason for line in lines} == {payload.broken}
        return
    if payload.stamp is not None:
        assert payload.stamp.votes == len(lines)
    for votes in (payload.votes, read_votes(payload.body)):
        if votes is not None:
            assert votes == [line.vote for line in lines], "the fast path says what the slow says"
