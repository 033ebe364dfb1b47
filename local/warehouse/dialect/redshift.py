"""sqlglot's Redshift and DuckDB, narrowed to what we let through: text in, trees out and back."""

import logging
from typing import Any, ClassVar

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.redshift import Redshift
from sqlglot.parsers.redshift import RedshiftParser

from local.warehouse.dialect.functions import PARSED, PARSED_SPECIALLY

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what we refuse by an error


class NarrowParser(RedshiftParser):
    """Redshift's parser with few functions of its own: the others stay calls by name."""

    FUNCTIONS: ClassVar[dict[str, Any]] = {
        name: build for name, build in RedshiftParser.FUNCTIONS.items() if name in PARSED
    }
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: parse
        for name, parse in RedshiftParser.FUNCTION_PARSERS.items()
        if name in PARSED_SPECIALLY
    }


class CubeRedshift(Redshift):
    """What clients send."""

    Parser = NarrowParser


class CubeDuckDB(DuckDB):
    """What DuckDB is sent."""
