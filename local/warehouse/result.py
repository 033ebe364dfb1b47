"""A portal in, the messages of its rows out, in pieces of bounded size."""

from collections.abc import Sequence
from itertools import islice

from local.warehouse.channel import Channel
from local.warehouse.encoding import row_encoder
from local.warehouse.error import WarehouseError
from local.warehouse.limits import (
    BATCH_ROWS_MAX,
    BATCH_ROWS_MIN,
    SEND_BYTES,
    SUSPENDED_ROWS_MAX,
)
from local.warehouse.message import PORTAL_SUSPENDED, command_complete
from local.warehouse.outcome import Column, Outcome
from local.warehouse.prepared import Portal


def start(portal: Portal, outcome: Outcome) -> None:
    """Take in what a portal's statement gave; raise WarehouseError 0A000 if promised otherwise."""
    promised = portal.statement.columns
    portal.outcome = outcome
    check_promise(promised, outcome.columns)
    portal.rows = outcome.rows
    if promised is not None:
        portal.encode = row_encoder(promised, portal.formats)


def check_promise(promised: Sequence[Column] | None, given: Sequence[Column] | None) -> None:
    """Raise WarehouseError 0A000 when a table changed since its columns were described."""
    if (promised is None, len(promised or ())) != (given is None, len(given or ())):
        raise WarehouseError(
            "0A000",
            "cached plan must not change result type",
            hint="A table or view has changed since the statement was prepared: prepare it anew.",
        )


def send_rows(channel: Channel, portal: Portal, rows_max: int) -> None:
    """Send up to `rows_max` rows (0: all), then that it is complete, or suspended."""
    if portal.failure is not None:
        raise portal.failure
    assert portal.outcome is not None, "the portal has started"
    assert portal.rows is not None, "with its rows"
    sent = 0
    if portal.encode is not None:
        batch_rows = BATCH_ROWS_MIN
        while True:
            wanted = batch_rows if rows_max == 0 else min(batch_rows, rows_max - sent)
            rows = list(islice(portal.rows, wanted))
            data = portal.encode(rows)
            channel.write(data)
            sent += len(rows)
            if len(rows) < wanted:
                break
            if sent == rows_max:
                channel.write(PORTAL_SUSPENDED)
                return
            batch_rows = next_batch(batch_rows, len(data))
    channel.write(command_complete(counted(portal.outcome.tag, sent)))


def next_batch(rows: int, size: int) -> int:
    """Return how many rows to take next, so that they are about as large as a piece."""
    if size > SEND_BYTES:
        return max(rows // 2, 1)
    return min(rows * 2, BATCH_ROWS_MAX) if size * 2 <= SEND_BYTES else rows


def counted(tag: str, rows: int) -> str:
    """Return a query's tag with the rows of this answer: a portal gives them in several."""
    return f"SELECT {rows}" if tag.split(" ", 1)[0] == "SELECT" else tag


def keep(portal: Portal) -> None:
    """Read what a suspended portal still holds, because another statement is about to run."""
    if portal.rows is None or portal.failure is not None:
        return
    try:
        rows = list(islice(portal.rows, SUSPENDED_ROWS_MAX + 1))
    except WarehouseError as error:
        portal.failure = error
        return
    if len(rows) > SUSPENDED_ROWS_MAX:
        portal.failure = WarehouseError(
            "54000",
            f"a result had more than {SUSPENDED_ROWS_MAX:,} rows to read when another statement "
            "ran on its connection",
            hint="Read it to its end first, or use a connection for each.",
        )
        rows = []
    portal.close()
    portal.rows = iter(rows)
