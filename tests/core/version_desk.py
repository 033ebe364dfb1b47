"""A desk in, a processor over it and forms of other versions out: for tests."""

import json
import random
from base64 import b64encode
from typing import Any

import msgspec

from core.vote import Vote
from processors.batch import Processor
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore
from tests.local.desk import TABLE, Desk


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
