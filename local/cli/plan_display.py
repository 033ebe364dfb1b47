"""A plan in, its tables for a person, or one JSON object for a pipe, out."""

from typing import Final

import msgspec

from infra.plan.bill import Part
from infra.plan.plan import Plan, Tables, choices, ladder
from infra.plan.quota import Use
from infra.plan.workload import Workload
from local.cli.display import console, print_table

_TINY_USD: Final = 1e-4
_TIGHT: Final = 0.7  # of a limit: time to ask for more
_BEFORE: Final[tuple[Part, ...]] = ("votes", "screen")
_SUMS: Final[tuple[tuple[str, tuple[Part, ...]], ...]] = (
    ("before the warehouse", _BEFORE),
    ("the warehouse", ("warehouse",)),
)


def show(asked: Plan, tables: Tables) -> None:
    """Print what is needed, the bill, other choices and other rates."""
    _show_needs(asked)
    _show_bill(asked, tables)
    _show_choices(asked.workload, tables)
    _show_ladder(asked.workload, tables)


def _show_needs(asked: Plan) -> None:
    need = asked.capacity
    print_table(
        f"{asked.workload.rate:,.0f} votes/s need",
        ("what", "amount", "because"),
        [
            ("records a second", f"{need.records:,.0f}", _record_words(asked)),
            ("shards", f"{need.shards:,}", f"{need.stream_bytes / 1e6:,.2f} MB/s, filled to 60 %"),
            ("shared readers", f"{need.readers:,}", "of 2 MB/s a shard between them"),
            ("counting calls a second", f"{need.calls:,.1f}", f"{need.call_s * 1e3:,.0f} ms each"),
            ("functions at a time", f"{need.concurrency:,.2f}", "counting, transform, trend"),
            ("transactions a second", f"{need.transactions:,.1f}", _items_words(asked)),
            ("write units a second", f"{need.write_units:,.0f}", "a transaction doubles a unit"),
            ("TableWriteUnits", f"{need.table_write_units:,.0f}", "of a provisioned table"),
            ("to Firehose", f"{need.firehose_bytes / 1e6:,.2f} MB/s", "each record in 5 KB steps"),
        ],
    )


def _record_words(asked: Plan) -> str:
    need = asked.capacity
    return (
        f"{need.votes_a_record:,.0f} votes, {need.record_bytes:,.0f} bytes a record; "
        f"producers with 32 lanes: {need.producers:,}"
    )


def _items_words(asked: Plan) -> str:
    return f"{asked.capacity.items_a_transaction:,.0f} items each"


def _show_bill(asked: Plan, tables: Tables) -> None:
    bill = asked.bill
    million = bill.votes_hour / 1e6
    rows = [
        (
            item.service,
            item.what,
            _amount(item.amount),
            _price_words(tables, item.price),
            f"{item.usd_hour:,.4f}",
            f"{item.usd_hour / million:,.5f}",
        )
        for item in bill.items
    ]
    for name, parts in _SUMS:
        hour, each = bill.usd_hour(*parts), bill.usd_million(*parts)
        rows.append(("", name, "", "", f"{hour:,.4f}", f"{each:,.5f}"))
    columns = ("service", "what", "an hour", "price, as of", "USD/h", "USD/million votes")
    print_table("The bill, us-east-1 (* list price, its page was not read)", columns, rows)
    before = bill.usd_hour(*_BEFORE) * asked.workload.hours
    console().print(
        f"{asked.workload.votes:,.0f} votes in {asked.workload.hours:g} h: "
        f"{before:,.2f} USD before the warehouse; the warehouse "
        f"{bill.usd_hour('warehouse') * 24:,.2f} USD a day (a load a minute keeps it awake).\n"
    )


def _amount(amount: float) -> str:
    """Return an amount with about four digits, and no exponent."""
    return f"{amount:,.0f}" if amount >= 1_000 else f"{amount:,.4g}"


def _price_words(tables: Tables, name: str) -> str:
    """Return a price as people say it: tiny ones by the million."""
    price = tables.prices[name]
    amount, unit = price.usd, price.unit.split(",")[0]
    if amount < _TINY_USD:
        amount, unit = amount * 1e6, f"million of: {unit}"
    return f"{amount:.4g} / {unit}, {price.as_of}{'' if price.seen else ' *'}"


def _show_choices(work: Workload, tables: Tables) -> None:
    rows = [
        (
            name,
            f"{one.bill.usd_million(*_BEFORE):,.4f}",
            f"{one.bill.usd_hour('warehouse') * 24:,.2f}",
            f"{one.capacity.shards:,}",
            f"{one.capacity.write_units:,.0f}",
        )
        for name, one in choices(work, tables).items()
    ]
    columns = ("choice", "USD/million votes", "warehouse USD/day", "shards", "write units/s")
    print_table("The same votes under other choices, one at a time", columns, rows)


def _show_ladder(work: Workload, tables: Tables) -> None:
    rows = [
        (
            f"{one.workload.rate:,.0f}/s",
            f"{one.capacity.shards:,}",
            f"{one.capacity.concurrency:,.1f}",
            f"{one.capacity.write_units:,.0f}",
            f"{one.bill.usd_hour(*_BEFORE):,.2f}",
            f"{one.bill.usd_million(*_BEFORE):,.4f}",
            _use_words(one.uses[0]),
        )
        for one in ladder(work, tables)
    ]
    columns = (
        "rate", "shards", "functions", "write units/s", "USD/h", "USD/million", "tightest limit",
    )  # fmt: skip
    print_table("Other rates, without the warehouse", columns, rows)
    for one in ladder(work, tables):
        for use in one.uses:
            if use.share > _TIGHT:
                console().print(
                    f"{one.workload.rate:,.0f}/s: {use.quota.unit}: {use.used:,.4g} "
                    f"of {use.quota.limit:,.4g}; {use.quota.advice}."
                )


def _use_words(use: Use) -> str:
    return f"{use.share:.0%} of {use.quota.limit:,.4g} {use.quota.unit}"


def as_json(asked: Plan, tables: Tables) -> dict[str, object]:
    bill = asked.bill
    return {
        "workload": asked.workload,
        "capacity": asked.capacity,
        "items": bill.items,
        "usd_hour_before_warehouse": bill.usd_hour(*_BEFORE),
        "usd_million_before_warehouse": bill.usd_million(*_BEFORE),
        "usd_day_warehouse": bill.usd_hour("warehouse") * 24,
        "prices": {item.price: tables.prices[item.price] for item in bill.items},
        "limits": [
            {"name": use.name, "share": use.share, "used": use.used}
            | msgspec.structs.asdict(use.quota)
            for use in asked.uses
        ],
        "choices": {
            name: one.bill.usd_million(*_BEFORE)
            for name, one in choices(asked.workload, tables).items()
        },
        "ladder": [
            {
                "rate": one.workload.rate,
                "usd_million": one.bill.usd_million(*_BEFORE),
                "shards": one.capacity.shards,
                "first_limit": one.uses[0].name,
                "share": one.uses[0].share,
            }
            for one in ladder(asked.workload, tables)
        ],
    }
