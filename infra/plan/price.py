"""The data file of prices in, a price by its name out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

PRICES_FILE: Final = Path(__file__).parent / "prices.toml"


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one unit of something costs, who says so, and as of when (`YYYY-MM`)."""

    usd: float
    unit: str
    source: str
    as_of: str
    seen: bool = True  # whether the source itself was read


Prices = Mapping[str, Price]


def read_prices(path: Path = PRICES_FILE) -> Prices:
    """Return the prices of a file, by name."""
    return msgspec.toml.decode(path.read_bytes(), type=dict[str, Price])
