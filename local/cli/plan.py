"""A rate in, what it needs on AWS, what that costs, and which limit binds first, out."""

from typing import Any, cast

import click

from infra.plan.plan import Tables, plan_of
from infra.plan.price import read_prices
from infra.plan.quota import read_quotas
from infra.plan.workload import Billing, Mode, Workload
from local.cli import options
from local.cli.display import for_people, print_json
from local.cli.plan_display import as_json as json_of
from local.cli.plan_display import show


@click.command()
@click.option("--rate", type=click.FloatRange(0.1, 1e8), default=10_000, show_default=True)
@click.option("--hours", type=click.FloatRange(0.01), default=24, show_default=True)
@click.option("--polls", type=click.IntRange(1), default=1, show_default=True)
@click.option("--colours", type=click.IntRange(1, 256), default=6, show_default=True)
@click.option("--producers", type=click.IntRange(1), help="One for each 50,000 votes/s.")
@click.option("--packed/--unpacked", default=True, help="Many votes a record, or one.")
@click.option("--mode", type=click.Choice(["ordered", "fanout"]), default="ordered")
@click.option("--stream", type=click.Choice(["provisioned", "on-demand"]), default="provisioned")
@click.option("--table", type=click.Choice(["provisioned", "on-demand"]), default="provisioned")
@click.option("--enhanced-fan-out", is_flag=True, help="A screen follows within 1 s, not 2 s.")
@click.option("--window", "window_s", type=click.IntRange(0, 300), default=0, help="Seconds.")
@click.option("--retention", type=click.IntRange(24, 168), default=24, help="Hours.")
@click.option("--rpus", type=click.IntRange(4, 1024), default=8, show_default=True)
@click.option("--load-every", type=click.IntRange(60), default=60, help="Seconds between loads.")
@click.option("--no-history", is_flag=True, help="Without lake and warehouse.")
@click.option("--no-trend", is_flag=True, help="Without the trend processor.")
@options.as_json
def plan(as_json: bool, rate: float, **chosen: Any) -> int:
    """Say what a rate of votes needs on AWS, what it costs, and which limit binds first.

    Prices and limits are in infra/plan/prices.toml and quotas.toml, with source and date.

    Example: cube plan --rate 10000 --polls 3 --hours 24
    """
    work = _workload(rate, chosen)
    tables = Tables(prices=read_prices(), quotas=read_quotas())
    asked = plan_of(work, tables)
    if for_people(as_json):
        show(asked, tables)
    else:
        print_json(json_of(asked, tables))
    return 0


def _workload(rate: float, chosen: dict[str, Any]) -> Workload:
    return Workload(
        rate=rate,
        hours=chosen["hours"],
        polls=chosen["polls"],
        colours=chosen["colours"],
        producers=chosen["producers"],
        packed=chosen["packed"],
        mode=cast(Mode, chosen["mode"]),
        stream=cast(Billing, chosen["stream"]),
        table=cast(Billing, chosen["table"]),
        enhanced_fan_out=chosen["enhanced_fan_out"],
        retention_hours=chosen["retention"],
        window_s=chosen["window_s"],
        warehouse_rpus=chosen["rpus"],
        load_every_s=chosen["load_every"],
        history=not chosen["no_history"],
        trend=not chosen["no_trend"],
    )
