"""The tables follow Redshift's own advice, which nothing enforces."""

import re

import pytest

from core.question import SQL_FOLDER
from core.row import Row

DDL = SQL_FOLDER / "ddl"
TIME_SERIES = ("votes", "parked_votes", "duplicate_votes", "load_lines", "loaded_objects")


def ddl(table: str) -> str:
    """Return a table's statement without its comments."""
    lines = (DDL / f"{table}.sql").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


def column(table: str, name: str) -> str:
    (found,) = re.findall(rf"^    {name} .*$", ddl(table), re.MULTILINE)
    return str(found)


@pytest.mark.parametrize("table", TIME_SERIES)
def test_time_series_are_sorted_by_one_time_that_is_never_null_nor_encoded(table: str) -> None:
    """E4: new rows join the sorted region of a single-column compound key that is NOT NULL."""
    (key,) = re.findall(r"COMPOUND SORTKEY \((\w+)\)", ddl(table))
    assert key.endswith("_at")
    assert "NOT NULL ENCODE raw" in column(table, key)


def test_votes_are_spread_by_device_and_rules_are_everywhere() -> None:
    """E6: many values and no time to distribute by; what is small and joined stands everywhere."""
    assert "DISTKEY (device_id)" in ddl("votes")
    assert all("DISTSTYLE ALL" in ddl(table) for table in ("polls", "palettes"))


def test_every_column_of_landing_is_a_member_of_a_row_in_its_order() -> None:
    columns = re.findall(r"^    (\w+) ", ddl("landing"), re.MULTILINE)
    assert columns == list(Row.__struct_fields__)


@pytest.mark.parametrize("table", ["votes", "parked_votes"])
def test_what_a_row_holds_fits_where_it_is_merged_to(table: str) -> None:
    kinds = dict(re.findall(r"^    (\w+) +([A-Z]+(?:\(\d+\))?)", ddl("landing"), re.MULTILINE))
    target = dict(re.findall(r"^    (\w+) +([A-Z]+(?:\(\d+\))?)", ddl(table), re.MULTILINE))
    shared = kinds.keys() & target.keys()
    assert len(shared) > 10
    assert {name: target[name] for name in shared} == {name: kinds[name] for name in shared}
