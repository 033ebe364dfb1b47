"""Options that several commands share, each declared once."""

import re
from pathlib import Path
from typing import Any, Final

import click

_SIZES: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
DISK_BYTES: Final = 20_000_000_000


class Size(click.ParamType[int]):
    """Bytes as people write them: 500MB, 20GB, 1500000."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)b?\s*", str(value).lower())
        if found is None:
            self.fail(f"{value!r} is no size such as 20GB", param, ctx)
        return int(float(found[1]) * _SIZES[found[2]])


data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=True),
    default=Path(".cube"),
    show_default=True,
    envvar="CUBE_DATA",
    help="Folder that holds everything.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, whatever reads it.")
aws_port = click.option(
    "--aws-port",
    type=click.IntRange(1, 65_535),
    default=4566,
    show_default=True,
    help="Port of the AWS endpoint, on 127.0.0.1.",
)
dashboard_port = click.option(
    "--dashboard-port",
    type=click.IntRange(1, 65_535),
    default=8050,
    show_default=True,
    help="Port of the dashboard, on 127.0.0.1.",
)
no_dashboard = click.option("--no-dashboard", is_flag=True, help="Start without the dashboard.")
warehouse_port = click.option(
    "--warehouse-port",
    type=click.IntRange(1, 65_535),
    default=5439,
    show_default=True,
    help="Port of the warehouse, on 127.0.0.1.",
)
no_history = click.option(
    "--no-history",
    is_flag=True,
    help="Live tallies only: no delivery to the lake, no loads, no warehouse.",
)
no_trend = click.option(
    "--no-trend",
    is_flag=True,
    help="No second consumer of the stream: the Live page has no trends.",
)
shards = click.option(
    "--shards",
    type=click.IntRange(1, 256),
    default=None,
    help="Shards of the stream, when it is made; else the template's count.",
)
mode = click.option(
    "--mode",
    type=click.Choice(["ordered", "fanout"]),
    default=None,
    help="Who counts: one function a shard in order, or workers side by side; else the template's.",
)
parallelization_factor = click.option(
    "--parallelization-factor",
    type=click.IntRange(1, 10),
    default=None,
    help="Batches of one shard that run at a time; else the template's count.",
)
max_disk = click.option(
    "--max-disk",
    type=Size(),
    default="20GB",
    show_default=True,
    help="Bound of the data folder: it warns at 80 %, then slows producers.",
)
poll = click.option("--poll", default="cube", show_default=True, help="Name of the poll.")
