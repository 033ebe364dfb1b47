"""Any Firehose event in: each record answered once and in order, the answer bounded."""

import json
from typing import Any, Final

import msgspec

from core import kpl
from core.limits import INVOKE_SYNC_BYTES_MAX
from firehose_transforms.transform import transform_records
from tests.firehose_transforms.batch import read_rows, source_event, source_record
from tests.fuzz.slices import Slices
from tests.fuzz.targets.record import GOOD, STAMP
from tests.fuzz.targets.record import WORDS as RECORD_WORDS

_RESULTS: Final = {"Ok", "ProcessingFailed"}
_BETWEEN: Final = b"\0--\0"  # two records of one event
SEEDS: Final = (
    b"\0" + GOOD + _BETWEEN + STAMP + GOOD + _BETWEEN,
    b"\0" + GOOD.replace(b'"eu"', b'"e\\u0000u","x":[{}]') + b"\xff\n[",
    b"\0" + kpl.aggregate([("a", GOOD)]),
    b"\1" + json.dumps(source_event([source_record(GOOD)])).encode(),
    b"\1" + json.dumps(source_event([source_record(STAMP, index=1, subsequence=7)])).encode(),
)
WORDS: Final = (
    *(*RECORD_WORDS, _BETWEEN, b'"recordId":', b'"data":', b'"approximateArrivalTimestamp":'),
    *(b'"kinesisRecordMetadata":', b'"sequenceNumber":', b'"subsequenceNumber":', b'"records":['),
)
BYTES_MAX: Final = 3_000


def one_input(data: bytes) -> None:
    slices = Slices(data)
    if slices.byte() % 2:
        records = _described(slices.rest())
    else:
        parts = slices.rest().split(_BETWEEN)
        records = [source_record(part, index=index) for index, part in enumerate(parts)]
    answers, summary = transform_records(records)
    assert [answer["recordId"] for answer in answers] == [each["recordId"] for each in records]
    assert {answer["result"] for answer in answers} <= _RESULTS
    assert len(json.dumps({"records": answers})) <= INVOKE_SYNC_BYTES_MAX
    for answer in answers:
        if answer["result"] == "Ok":
            assert len(read_rows(answer)) >= 1, "every record has a row"
    if not data[:1] or not data[0] % 2:
        assert summary.failed == 0, summary.error


def _described(text: bytes) -> list[dict[str, Any]]:
    """Return an event's records; Firehose itself sees to it that each has an id of its own."""
    try:
        event = msgspec.json.decode(text)
        records = {str(record["recordId"]): dict(record) for record in event["records"]}
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return [record | {"recordId": name} for name, record in records.items()]
