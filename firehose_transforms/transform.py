"""Records of a Firehose event in, an answer for each of them out (clauses C21 to C26)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from firehose_transforms import limits
from firehose_transforms.row_lines import RowLines, row_lines
from firehose_transforms.source_record import read_record

Answer = dict[str, str]
OK: Final = "Ok"
FAILED: Final = "ProcessingFailed"
_TOO_LARGE: Final = f"answers over {limits.ANSWER_BYTES_MAX} bytes: the largest failed"


@dataclass(slots=True)
class Summary:
    """What became of a batch; `error` is the first fault met, for the log."""

    records: int = 0
    rows: int = 0
    parked: int = 0
    failed: int = 0
    error: str = ""


def transform_records(records: Sequence[Mapping[str, Any]]) -> tuple[list[Answer], Summary]:
    """Answer every record, in order, each `recordId` once.

    `Ok` brings a record's rows, a parked row for each bad line; also a record that holds nothing
    has one, as the live path counts it (so nothing is ever `Dropped`). `ProcessingFailed` is for a
    record that our code raised on, and for what would not fit into the answer: then the largest
    answers give way first, so that a record of garbage does not take its neighbours down. Firehose
    keeps such a record whole (C29), and `cube recover` makes its rows without that limit.
    """
    summary = Summary(records=len(records))
    refined = [_refine(record, summary) for record in records]
    answers: list[Answer] = [
        {"recordId": record["recordId"], "result": FAILED}
        if rows is None
        else {
            "recordId": record["recordId"],
            "result": OK,
            "data": msgspec.to_builtins(rows.data),  # base64, faster than binascii
        }
        for record, rows in zip(records, refined, strict=True)
    ]
    for index in _too_many(answers):
        answers[index] = {"recordId": answers[index]["recordId"], "result": FAILED}
        summary.error = summary.error or _TOO_LARGE
    for answer, rows in zip(answers, refined, strict=True):
        if rows is None or answer["result"] == FAILED:
            summary.failed += 1
        else:
            summary.rows += rows.rows
            summary.parked += rows.parked
    ids = [answer["recordId"] for answer in answers]
    assert ids == [record["recordId"] for record in records], "every record is answered"
    assert len(set(ids)) == len(ids), "and none twice"
    return answers, summary


def _refine(record: Mapping[str, Any], summary: Summary) -> RowLines | None:
    """Return a record's rows; None, and the fault in `summary`, where it fails."""
    parts: list[RowLines] = []
    size_bytes = 0
    try:
        for part in row_lines(read_record(record)):
            parts.append(part)
            size_bytes += len(part.data)
            if size_bytes > limits.ANSWER_BYTES_MAX * 3 // 4:  # in base64 it is larger still
                summary.error = summary.error or _TOO_LARGE
                return None
    except Exception as error:  # a fault of ours in one record: its neighbours go on
        summary.error = summary.error or f"{type(error).__name__}: {error}"
        return None
    return RowLines(
        b"".join(part.data for part in parts),
        sum(part.rows for part in parts),
        sum(part.parked for part in parts),
    )


def _too_many(answers: Sequence[Answer]) -> list[int]:
    """Return which answers to fail so that the others fit: as few as can be."""
    data_bytes = [len(answer.get("data", "")) for answer in answers]
    left_bytes = limits.ANSWER_BYTES_MAX - sum(
        limits.ANSWER_OVERHEAD_BYTES + len(json.dumps(answer["recordId"])) for answer in answers
    )
    over_bytes = sum(data_bytes) - left_bytes
    failed: list[int] = []
    for index in sorted(range(len(answers)), key=data_bytes.__getitem__, reverse=True):
        if over_bytes <= 0 or not data_bytes[index]:
            break
        failed.append(index)
        over_bytes -= data_bytes[index]
    return failed
