"""An entry and what would be done with it in, all that is known of it, line by line, out."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final

from core.poll import PollBook
from core.record import payload_lines, read_payloads
from local.cli.display import console
from local.recovery.recover import Outcome
from processors.fold import judge_line

LINES_SHOWN: Final = 20
LINE_CHARS: Final = 200


def entry_facts(outcome: Outcome, book: PollBook) -> dict[str, Any]:
    """Return an entry as JSON; `lines` judges each by today's rules and the arrival it had."""
    entry = outcome.entry
    return {
        "name": entry.name,
        "kind": entry.kind,
        "reason": entry.reason,
        "detail": entry.detail,
        "arrived_at": entry.arrival_ms,
        "state": outcome.state,
        "by": outcome.by,
        "said": outcome.said,
        "lines": [
            {"line": number, "verdict": verdict}
            for number, verdict, _ in _lines(entry.data, entry.arrival_ms, book)
        ],
        "data": b64encode(entry.data).decode(),
    }


def print_entry(outcome: Outcome, book: PollBook) -> None:
    """Show an entry to a person, its first lines as text."""
    entry = outcome.entry
    out = console()
    arrived = datetime.fromtimestamp(entry.arrival_ms / 1000, UTC)
    state = {
        "would": f"`cube recover put` would recover it by {outcome.by}",
        "before": f"recovered by {outcome.by}: {outcome.said}",
        "refused": f"left as it is: {outcome.said}",
    }[outcome.state]
    out.print(entry.name, style="bold", markup=False)
    for said in (
        f"{entry.kind}: {entry.reason}",
        entry.detail,
        f"arrived {arrived.isoformat(timespec='milliseconds')}, {len(entry.data):,} bytes",
        state,
    ):
        if said:
            out.print(f"  {said}", markup=False)
    lines = _lines(entry.data, entry.arrival_ms, book)
    for number, verdict, raw in lines[:LINES_SHOWN]:
        text = raw[:LINE_CHARS].decode(errors="backslashreplace")
        shown = text if text.isprintable() else text.encode("unicode_escape").decode()
        out.print(f"  {number:>6}  {verdict:<15}  {shown}", markup=False, soft_wrap=True)
    if len(lines) > LINES_SHOWN:
        out.print(f"  and {len(lines) - LINES_SHOWN:,} more lines")


def _lines(data: bytes, arrival_ms: int, book: PollBook) -> list[tuple[int, str, bytes]]:
    """Return number, verdict and bytes of each line."""
    arrival_ms = min(arrival_ms, book.known_until_ms)
    found: list[tuple[int, str, bytes]] = []
    for payload in read_payloads(data):
        for line in payload_lines(payload):
            _, reason = judge_line(line, arrival_ms, book)
            found.append((line.number, reason.value if reason else "counts", line.raw))
    return found
