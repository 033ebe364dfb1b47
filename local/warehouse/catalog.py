"""DuckDB's catalog in, Redshift's out: svv_*, stl_*, information_schema, a slice of pg_catalog.

What Redshift keeps beside a table (declared types, keys, encodings, a view's own text) stands as
JSON in DuckDB's comments, so that it lives and dies, renames and rolls back with the table.
"""

from typing import Final

from local.warehouse.catalog_views import VIEWS
from local.warehouse.macros import MACROS

SCHEMAS: Final = (
    "CREATE SCHEMA IF NOT EXISTS public",
    "CREATE SCHEMA IF NOT EXISTS cube_catalog",
    "CREATE SCHEMA IF NOT EXISTS cube_information",
    "CREATE SCHEMA IF NOT EXISTS cube_system",
)
# Written outside the sessions' transactions: the errors of a COPY outlive its rollback.
_TABLES: Final = (
    """
    CREATE TABLE IF NOT EXISTS cube_system.load_errors (
        query BIGINT, slice INTEGER, tbl BIGINT, starttime TIMESTAMP, session INTEGER,
        table_name VARCHAR, filename VARCHAR, line_number BIGINT, colname VARCHAR, type VARCHAR,
        col_length VARCHAR, position INTEGER, raw_line VARCHAR, raw_field_value VARCHAR,
        err_code INTEGER, err_reason VARCHAR
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS cube_system.load_files (
        query BIGINT, table_name VARCHAR, filename VARCHAR, curtime TIMESTAMP, lines_scanned BIGINT,
        bytes BIGINT
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS cube_system.loads (
        query BIGINT, table_name VARCHAR, data_source VARCHAR, file_format VARCHAR,
        start_time TIMESTAMP, end_time TIMESTAMP, status VARCHAR, loaded_rows BIGINT,
        loaded_bytes BIGINT, source_files BIGINT, error_count BIGINT
    )
    """,
    "CREATE SEQUENCE IF NOT EXISTS cube_system.query_number START 1",
)

SETUP: Final = (*_TABLES, *VIEWS, *MACROS)
