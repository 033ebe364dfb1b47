"""A drained system in, what each of its stages holds out: the evidence that the judge compares."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from core.keys import UNKNOWN_POLL, ledger_pk, poll_pk
from core.ledger import PARKED, sum_lines
from core.poll import DEFAULT_POLL
from core.record import payload_lines, read_payloads
from core.settings import Settings
from core.tally import colours_of
from core.warehouse import WarehouseClient
from local.chaos.judge import Cast, Evidence, Lane
from local.stream_witness import first_iterator, generations, list_shards, read_page
from local.table_reader import read_items
from producers.outbox import OutboxSummary

ROWS_MAX: Final = 5_000_000
_QUERY_S_MAX: Final = 120.0
_PAUSE_S: Final = 0.25  # a shard gives five reads a second (clause A28)


def read_evidence(
    *,
    kinesis: Any,
    dynamodb: Any,
    warehouse: WarehouseClient,
    outboxes: list[Path],
    settings: Settings,
) -> Evidence:
    """Read everything once. Every vote is stamped: `cube load` packs each into one batch."""
    streamed: Counter[Lane] = Counter()
    votes: Counter[Cast] = Counter()
    for lane, cast in batches(read_records(kinesis, settings.stream)):
        streamed[lane] += len(cast)
        votes.update(cast)
    parked = sum(
        sum_lines(read_items(dynamodb, settings.tally_table, ledger_pk(poll)))[PARKED]
        for poll in (DEFAULT_POLL, UNKNOWN_POLL)
    )
    totals = read_items(dynamodb, settings.tally_table, poll_pk(DEFAULT_POLL), prefix="total#")
    return Evidence(
        acknowledged=acknowledged(outboxes),
        streamed=streamed,
        votes=votes,
        tallies=colours_of(totals),
        parked=parked,
        rows=_rows(warehouse),
        rows_parked=_parked_rows(warehouse),
    )


def acknowledged(outboxes: list[Path]) -> dict[Lane, int]:
    """Return the lines that the stream has acknowledged, as the outboxes keep them on disk."""
    found: dict[Lane, int] = {}
    for folder in outboxes:
        summary = OutboxSummary.read(folder)
        for lane, lines in enumerate(summary.acknowledged_by_lane):
            if lines:
                found[summary.producer, lane] = lines
    return found


def batches(records: Iterator[bytes]) -> Iterator[tuple[Lane, list[Cast]]]:
    """Yield the votes of each stamped batch once, however often the stream holds it."""
    seen: set[tuple[str, int, int]] = set()
    for data in records:
        for payload in read_payloads(data):
            stamp = payload.stamp
            assert stamp is not None, "`cube load` stamps every batch"
            batch = (stamp.producer, stamp.lane, stamp.number)
            if batch in seen:
                continue
            seen.add(batch)
            found = (line.vote for line in payload_lines(payload))
            yield (
                (stamp.producer, stamp.lane),
                [
                    Cast(vote.poll, vote.device_id, vote.seq, vote.colour)
                    for vote in found
                    if vote is not None
                ],
            )


def read_records(kinesis: Any, stream: str) -> Iterator[bytes]:
    """Yield the data of every record that the stream holds now."""
    for generation in generations(list_shards(kinesis, stream)):
        iterators = deque(first_iterator(kinesis, stream, shard, 0) for shard in generation)
        while iterators:
            iterator = iterators.popleft()
            page = read_page(kinesis, iterator)
            if page is None:
                iterators.append(iterator)
                time.sleep(_PAUSE_S)  # noqa: TID251 - the pace that Kinesis asks for
                continue
            for record in page["Records"]:
                yield record["Data"]
            if _more(page):
                iterators.append(page["NextShardIterator"])


def _more(page: Mapping[str, Any]) -> bool:
    unread = page["Records"] or page.get("MillisBehindLatest", 0) > 0
    return bool(unread and page.get("NextShardIterator"))


def _rows(warehouse: WarehouseClient) -> Counter[Cast]:
    result = warehouse.query(
        "SELECT poll, device_id, seq, colour FROM votes",
        rows_max=ROWS_MAX,
        timeout_s=_QUERY_S_MAX,
    )
    assert not result.truncated, "all rows are compared"
    return Counter(
        Cast(str(poll), str(device), int(str(seq)), str(colour))
        for poll, device, seq, colour in result.rows
    )


def _parked_rows(warehouse: WarehouseClient) -> int:
    sql = "SELECT COUNT(*) FROM parked_votes"
    ((count,),) = warehouse.query(sql, rows_max=1, timeout_s=_QUERY_S_MAX).rows
    return int(str(count))
