"""A data folder in, what runs in it out: processes, ports, iterator age, disk."""

from pathlib import Path
from typing import Any

import click
import msgspec

from core.clock import SystemClock
from core.errors import NotRunning
from local.cli import options
from local.cli.display import duration, for_people, print_json, print_table, size
from local.consumers import engine_status
from local.supervise.folder import DataFolder
from local.supervise.instance import Instance

# name, pid, port, state, started (ms), restarts
_Row = tuple[str, int | None, int | None, str, int | None, int | None]


@click.command()
@options.data
@options.as_json
def status(data: Path, as_json: bool) -> int:
    """Show what runs: processes, ports, how far behind, how much disk.

    \b
    Example:
      cube status --json | jq .children
    """
    instance = Instance.read(DataFolder(data))
    if instance is None:
        raise NotRunning(f"looking for the engine: nothing runs in {data}")
    engine = engine_status(instance.endpoint)
    now_ms = SystemClock().now_ms()
    if for_people(as_json):
        _print_tables(instance, engine, now_ms)
        return 0
    seen: dict[str, Any] = msgspec.to_builtins(instance)
    seen["endpoint"] = instance.endpoint
    seen["dashboard"] = instance.dashboard
    for child in seen["children"]:
        child["uptime_ms"] = max(0, now_ms - child["started_ms"])
    print_json({**seen, "engine": engine})
    return 0


def _print_tables(instance: Instance, engine: dict[str, Any] | None, now_ms: int) -> None:
    rows: list[_Row] = [
        ("supervisor", instance.pid, None, instance.state, instance.started_ms, 0)
    ] + [
        (child.name, child.pid, child.port, child.state, child.started_ms, child.restarts)
        for child in instance.children
    ]
    for function, pids in ((engine or {}).get("functions") or {}).items():
        rows += [(f"  {function}", pid, None, "ready", None, None) for pid in pids]
    print_table(
        "processes",
        ("name", "pid", "port", "state", "up", "restarts"),
        [
            (name, str(pid or "-"), str(port or "-"), state, _age(started_ms, now_ms), restarts)
            for name, pid, port, state, started_ms, restarts in rows
        ],
    )
    if instance.warehouse is not None:
        click.echo(f"warehouse  {instance.warehouse}")
    if engine is None:
        click.echo("The engine does not answer yet.")
        return
    print_table(
        "engine",
        ("shards", "iterator age", "in flight", "disk", "of", "memory"),
        [
            (
                len(engine["shards"]),
                duration(engine["iterator_age_ms"]),
                engine["in_flight"],
                size(engine["disk_bytes"]),
                size(engine["disk_bytes_max"]),
                size(engine["memory_bytes"]),
            )
        ],
    )
    if engine["paused"]:
        click.echo(f"Paused: {', '.join(engine['paused'])}; `cube resume` goes on.")
    if engine["events_pending"]:
        click.echo(f"{engine['events_pending']} chunks wait for workers, or for their next try.")
    if engine["other_consumers"]:
        _print_consumers(engine["other_consumers"])
    if engine["deliveries"]:
        _print_deliveries(engine["deliveries"])
    if engine["disk_state"] != "free":
        click.echo(f"warning: {engine['disk_note']}", err=True)


def _print_consumers(consumers: list[dict[str, Any]]) -> None:
    """Say how late they are whom no count depends on."""
    print_table(
        "other consumers",
        ("function", "iterator age", "in flight", "last result"),
        [
            (
                consumer["function"],
                duration(consumer["iterator_age_ms"]),
                sum(shard["in_flight"] for shard in consumer["shards"]),
                consumer["last_error"] or "OK",
            )
            for consumer in consumers
        ],
    )


def _print_deliveries(deliveries: list[dict[str, Any]]) -> None:
    print_table(
        "delivery streams",
        ("name", "late", "records", "failed", "objects", "held", "last error"),
        [
            (
                delivery["name"],
                duration(delivery["freshness_ms"]),
                delivery["records_delivered"],
                delivery["records_failed"],
                delivery["objects_delivered"],
                size(delivery["held_bytes"]),
                delivery["last_error"] or "-",
            )
            for delivery in deliveries
        ],
    )


def _age(started_ms: int | None, now_ms: int) -> str:
    return duration(now_ms - started_ms) if started_ms else "-"
