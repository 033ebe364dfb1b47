"""Progress and report of a load in, a live bar and a table or JSON lines out."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from core.clock import Clock
from local.cli.display import console, duration, print_json, print_table
from local.load import OnProgress
from local.load_plan import LoadPlan, LoadReport, Progress

JSON_PERIOD_MS = 1_000


@contextmanager
def load_progress(plan: LoadPlan, *, people: bool, clock: Clock) -> Iterator[OnProgress]:
    """Yield what the load engine tells its progress to."""
    if not people:
        yield JsonProgress(clock)
        return
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[figures]}"),
        TextColumn("[yellow]{task.fields[note]}"),
    )
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=goal_of(plan), figures="starting", note="")

        def show(progress: Progress) -> None:
            done = progress.accepted if plan.votes else progress.elapsed_ms
            bar.update(task, completed=done, figures=figures_of(progress), note=progress.note)

        yield show


class JsonProgress:
    """Prints a line a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._printed_ms = clock.monotonic_ms()

    def __call__(self, progress: Progress) -> None:
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._printed_ms >= JSON_PERIOD_MS:
            self._printed_ms = now_ms
            members = msgspec.to_builtins(progress)
            print_json({"event": "load.progress", **members, "rate": round(progress.rate, 1)})


def goal_of(plan: LoadPlan) -> float | None:
    """Return what the bar runs to: votes, milliseconds, or None for no end."""
    if plan.votes is not None:
        return plan.votes
    return None if plan.seconds is None else plan.seconds * 1000


def figures_of(progress: Progress) -> str:
    """Return the line beside the bar."""
    parts = [
        f"{progress.rate:,.0f} votes/s",
        f"{progress.accepted:,} accepted",
        f"{progress.waiting:,} waiting",
    ]
    if progress.held:
        parts.append(f"{progress.held:,} on offline devices")
    if progress.put_ms_p99 is not None:
        parts.append(f"put p99 {progress.put_ms_p99:,.0f} ms")
    if progress.draining:
        parts.append("draining")
    return " · ".join(parts)


def show_report(report: LoadReport, *, people: bool) -> None:
    """Print what came of a load."""
    if not people:
        print_json({"event": "load.done", **msgspec.to_builtins(report)})
        return
    rows: list[tuple[str, object]] = [
        ("offered", report.offered),
        ("sent from an earlier run", report.recovered),
        ("accepted", report.accepted),
        ("left in the outbox", report.left),
        ("votes/s", report.rate),
        ("put p50 / p99", f"{_ms(report.put_ms_p50)} / {_ms(report.put_ms_p99)}"),
        ("batches sent again", _again(report)),
        ("slower than planned", _behind(report)),
        ("refused by shards", _throttled(report)),
        ("not cast, their lanes were full", report.not_cast),
        ("late votes", report.late_votes),
        ("malformed lines", report.malformed_lines),
        ("duplicates put", report.duplicate_votes),
        ("garbage records put", report.garbage_records),
        ("took", duration(report.took_ms)),
    ]
    always = {"offered", "accepted", "left in the outbox"}
    print_table("Load", ("", ""), [row for row in rows if row[0] in always or row[1]])


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"


def _again(report: LoadReport) -> str:
    if not report.failed_batches:
        return ""
    reasons = ", ".join(f"{name} {count:,}" for name, count in report.reasons.items())
    return f"{report.failed_batches:,} ({reasons})"


def _throttled(report: LoadReport) -> str:
    """Return the shards that refused most, with how many batches each."""
    ranked = sorted(report.throttled.items(), key=lambda pair: -pair[1])
    shown = ", ".join(f"{shard} {count:,}" for shard, count in ranked[:4])
    return shown + (f" and {len(ranked) - 4} more shards" if len(ranked) > 4 else "")


def _behind(report: LoadReport) -> str:
    if report.blocked_ms:
        return f"{duration(report.behind_ms)}, of it {duration(report.blocked_ms)} by the stream"
    return duration(report.behind_ms) if report.behind_ms else ""
