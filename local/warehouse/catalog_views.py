"""Nothing in, the statements that create the catalog's views out."""

from typing import Final

from local.warehouse.catalog_pg import PG_VIEWS

# Written {own} and {type} below.
_OWN: Final = "('cube_catalog', 'cube_information', 'cube_system', 'main', 'pg_catalog')"
_TYPE: Final = "CASE WHEN r.kind = 'v' OR json_exists(r.meta, '$.materialized') THEN 'VIEW' ELSE"

_HIDDEN: Final = {
    # Every table and view that a client may see; temporary ones stand in `pg_temp`.
    "cube_relations": """
        SELECT table_oid + 100000 AS oid, CASE WHEN temporary THEN 'pg_temp' ELSE schema_name END
            AS schema, table_name AS name, 'r' AS kind, estimated_size AS rows,
            CAST(comment AS JSON) AS meta, CAST(NULL AS VARCHAR) AS definition,
            database_name AS home, schema_name AS home_schema
        FROM duckdb_tables() WHERE temporary OR schema_name NOT IN {own}
        UNION ALL
        SELECT view_oid + 200000, schema_name, view_name, 'v', NULL, CAST(comment AS JSON),
            coalesce(json_extract_string(comment, '$.sql'), sql), database_name, schema_name
        FROM duckdb_views() WHERE NOT internal AND schema_name NOT IN {own}
    """,
    "cube_views": "SELECT * FROM cube_catalog.cube_relations WHERE kind = 'v'",
    "cube_columns": """
        SELECT r.oid, r.schema, r.name AS table_name, c.column_name AS name, r.kind,
            c.column_index AS place, NOT c.is_nullable AS not_null,
            coalesce(json_extract_string(c.comment, '$.default'), c.column_default)
                AS default_value,
            coalesce(json_extract_string(c.comment, '$.encode'), 'none') AS encoding,
            json_extract_string(c.comment, '$.identity') AS identity,
            r.meta,
            coalesce(json_extract_string(c.comment, '$.type'), CASE
                WHEN c.data_type = 'VARCHAR' THEN 'character varying(65535)'
                WHEN c.data_type IN ('HUGEINT', 'UBIGINT', 'UINTEGER') THEN 'bigint'
                WHEN c.data_type LIKE 'DECIMAL%'
                    THEN replace(lower(c.data_type), 'decimal', 'numeric')
                WHEN c.data_type = 'TIMESTAMP' THEN 'timestamp without time zone'
                WHEN c.data_type = 'TIMESTAMP WITH TIME ZONE' THEN 'timestamp with time zone'
                WHEN c.data_type = 'TIME' THEN 'time without time zone'
                WHEN c.data_type = 'DOUBLE' THEN 'double precision'
                WHEN c.data_type = 'FLOAT' THEN 'real'
                WHEN c.data_type = 'JSON' THEN 'super'
                WHEN c.data_type = 'BLOB' THEN 'binary varying(64000)'
                ELSE lower(c.data_type) END) AS full_type,
            regexp_replace(full_type, '\\(.*', '') AS type,
            CASE WHEN full_type LIKE 'character%' OR full_type LIKE 'binary%'
                THEN CAST(regexp_extract(full_type, '\\((\\d+)', 1) AS INTEGER) END AS length,
            CASE WHEN type = 'numeric'
                THEN CAST(regexp_extract(full_type, '\\((\\d+)', 1) AS INTEGER)
                WHEN type = 'smallint' THEN 16 WHEN type = 'integer' THEN 32
                WHEN type = 'bigint' THEN 64 WHEN type = 'real' THEN 24
                WHEN type = 'double precision' THEN 53 END AS precision,
            CASE WHEN type = 'numeric'
                THEN CAST(regexp_extract(full_type, ',\\s*(\\d+)', 1) AS INTEGER)
                WHEN type IN ('smallint', 'integer', 'bigint') THEN 0 END AS scale,
            CASE type WHEN 'boolean' THEN 16 WHEN 'smallint' THEN 21 WHEN 'integer' THEN 23
                WHEN 'bigint' THEN 20 WHEN 'real' THEN 700 WHEN 'double precision' THEN 701
                WHEN 'numeric' THEN 1700 WHEN 'date' THEN 1082
                WHEN 'time without time zone' THEN 1083
                WHEN 'timestamp without time zone' THEN 1114 WHEN 'time with time zone' THEN 1266
                WHEN 'timestamp with time zone' THEN 1184 WHEN 'character' THEN 1042
                WHEN 'super' THEN 4000 WHEN 'binary varying' THEN 6551 ELSE 1043 END AS type_oid,
            CASE WHEN length IS NOT NULL THEN length + 4
                WHEN type = 'numeric' THEN (precision << 16) + scale + 4 ELSE -1 END AS modifier
        FROM duckdb_columns() AS c
        JOIN cube_catalog.cube_relations AS r
            ON r.home = c.database_name AND r.home_schema = c.schema_name AND r.name = c.table_name
    """,
}  # fmt: skip


_SVV: Final = {
    "svv_tables": """
        SELECT current_database() AS table_catalog, r.schema AS table_schema, r.name AS table_name,
            {type} 'BASE TABLE' END AS table_type, CAST(NULL AS VARCHAR) AS remarks
        FROM cube_catalog.cube_relations AS r
    """,
    "svv_all_tables": """
        SELECT current_database() AS database_name, r.schema AS schema_name, r.name AS table_name,
            CAST(NULL AS VARCHAR) AS table_acl, {type} 'TABLE' END AS table_type,
            CAST(NULL AS VARCHAR) AS remarks
        FROM cube_catalog.cube_relations AS r
    """,
    "svv_redshift_tables": """
        SELECT database_name, schema_name, table_name, table_type, table_acl, remarks
        FROM cube_catalog.svv_all_tables
    """,
    "svv_columns": """
        SELECT current_database() AS table_catalog, schema AS table_schema, table_name,
            name AS column_name, place AS ordinal_position, default_value AS column_default,
            CASE WHEN not_null THEN 'NO' ELSE 'YES' END AS is_nullable, type AS data_type,
            length AS character_maximum_length, precision AS numeric_precision,
            CASE WHEN type = 'numeric' THEN 10 WHEN precision IS NOT NULL THEN 2 END
                AS numeric_precision_radix,
            scale AS numeric_scale, CASE WHEN type LIKE 'time%' THEN 6 END AS datetime_precision,
            CAST(NULL AS VARCHAR) AS interval_type, CAST(NULL AS VARCHAR) AS interval_precision,
            CAST(NULL AS VARCHAR) AS character_set_catalog,
            CAST(NULL AS VARCHAR) AS character_set_schema,
            CAST(NULL AS VARCHAR) AS character_set_name,
            CAST(NULL AS VARCHAR) AS collation_catalog, CAST(NULL AS VARCHAR) AS collation_schema,
            CAST(NULL AS VARCHAR) AS collation_name, CAST(NULL AS VARCHAR) AS domain_name,
            CAST(NULL AS VARCHAR) AS remarks
        FROM cube_catalog.cube_columns
    """,
    "svv_all_columns": """
        SELECT current_database() AS database_name, schema AS schema_name, table_name,
            name AS column_name, place AS ordinal_position, default_value AS column_default,
            CASE WHEN not_null THEN 'NO' ELSE 'YES' END AS is_nullable, type AS data_type,
            length AS character_maximum_length, precision AS numeric_precision,
            scale AS numeric_scale, CAST(NULL AS VARCHAR) AS remarks
        FROM cube_catalog.cube_columns
    """,
    "svv_redshift_columns": """
        SELECT current_database() AS database_name, schema AS schema_name, table_name,
            name AS column_name, place AS ordinal_position, full_type AS data_type,
            default_value AS column_default, CASE WHEN not_null THEN 'NO' ELSE 'YES' END
            AS is_nullable, encoding, name = json_extract_string(meta, '$.distkey') AS distkey,
            coalesce(list_position(json_extract_string(meta, '$.sortkey[*]'), name), 0) AS sortkey,
            CAST(NULL AS VARCHAR) AS column_acl, CAST(NULL AS VARCHAR) AS remarks
        FROM cube_catalog.cube_columns
    """,
    "svv_all_schemas": """
        SELECT current_database() AS database_name, nspname AS schema_name, 1 AS schema_owner,
            'local' AS schema_type, CAST(NULL AS VARCHAR) AS schema_acl,
            CAST(NULL AS VARCHAR) AS source_database, CAST(NULL AS VARCHAR) AS schema_option
        FROM cube_catalog.pg_namespace
    """,
    "svv_redshift_schemas": """
        SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option
        FROM cube_catalog.svv_all_schemas
    """,
    "svv_redshift_databases": """
        SELECT current_database() AS database_name, 1 AS database_owner, 'local' AS database_type,
            CAST(NULL AS VARCHAR) AS database_acl, CAST(NULL AS VARCHAR) AS database_options,
            'Snapshot Isolation' AS database_isolation_level
    """,
    "svv_external_schemas": """
        SELECT CAST(NULL AS INTEGER) AS esoid, CAST(NULL AS SMALLINT) AS eskind, '' AS schemaname,
            1 AS esowner, '' AS databasename, '' AS esoptions WHERE false
    """,
    "svv_external_tables": """
        SELECT current_database() AS redshift_database_name, '' AS schemaname, '' AS tablename,
            '' AS tabletype, '' AS location, '' AS parameters WHERE false
    """,
    "svv_external_columns": """
        SELECT current_database() AS redshift_database_name, '' AS schemaname, '' AS tablename,
            '' AS columnname, '' AS external_type, 0 AS columnnum, 0 AS part_key, '' AS is_nullable
        WHERE false
    """,
    "svv_table_info": """
        SELECT current_database() AS database, r.schema, r.oid AS table_id, r.name AS "table",
            'Y' AS encoded, CASE coalesce(json_extract_string(r.meta, '$.diststyle'), 'AUTO')
                WHEN 'KEY' THEN 'KEY(' || json_extract_string(r.meta, '$.distkey') || ')'
                WHEN 'AUTO' THEN 'AUTO(EVEN)'
                ELSE json_extract_string(r.meta, '$.diststyle') END AS diststyle,
            coalesce(json_extract_string(r.meta, '$.sortkey[0]'), 'AUTO(SORTKEY)') AS sortkey1,
            (SELECT max(c.length) FROM cube_catalog.cube_columns AS c WHERE c.oid = r.oid)
                AS max_varchar,
            CAST(NULL AS VARCHAR) AS sortkey1_enc,
            CAST(coalesce(json_array_length(r.meta, '$.sortkey'), 0) AS INTEGER) AS sortkey_num,
            CAST(NULL AS BIGINT) AS size, CAST(NULL AS DECIMAL(10, 4)) AS pct_used, 0 AS empty,
            CAST(0 AS DECIMAL(5, 2)) AS unsorted, CAST(0 AS DECIMAL(5, 2)) AS stats_off,
            CAST(r.rows AS DECIMAL(38, 0)) AS tbl_rows,
            CAST(NULL AS DECIMAL(19, 2)) AS skew_sortkey1, CAST(1 AS DECIMAL(19, 2)) AS skew_rows,
            CAST(r.rows AS DECIMAL(38, 0)) AS estimated_visible_rows,
            CAST(NULL AS VARCHAR) AS risk_event,
            CAST(0 AS DECIMAL(12, 2)) AS vacuum_sort_benefit
        FROM cube_catalog.cube_relations AS r
        WHERE r.kind = 'r' AND NOT coalesce(json_exists(r.meta, '$.materialized'), false)
    """,
    "svv_mv_info": """
        SELECT current_database() AS database_name, r.schema AS schema_name, 'cube' AS user_name,
            r.name AS name, 't' AS is_stale, 'cube' AS owner_user_name, 1 AS state,
            'f' AS autorewrite, json_extract_string(r.meta, '$.autorefresh') AS autorefresh
        FROM cube_catalog.cube_relations AS r WHERE json_exists(r.meta, '$.materialized')
    """,
    "stv_mv_info": """
        SELECT database_name AS db_name, schema_name AS schema, name,
            CAST(NULL AS BIGINT) AS updated_upto_xid, is_stale, owner_user_name, state,
            autorewrite, autorefresh
        FROM cube_catalog.svv_mv_info
    """,
}

_LOADS: Final = {
    "stl_load_errors": "SELECT 1 AS userid, * FROM cube_system.load_errors",
    "stl_loaderror_detail": """
        SELECT 1 AS userid, query, slice, session, line_number, colname AS field,
            raw_field_value AS value, err_code = 0 AS is_null, raw_line AS type
        FROM cube_system.load_errors
    """,
    "sys_load_error_detail": """
        SELECT 1 AS user_id, query AS query_id, 0 AS transaction_id, session AS session_id,
            current_database() AS database_name, tbl AS table_id, starttime AS start_time,
            filename AS file_name, line_number, colname AS column_name, type AS column_type,
            col_length AS column_length, position, raw_line, raw_field_value AS raw_field,
            err_code AS error_code, err_reason AS error_message
        FROM cube_system.load_errors
    """,
    "stl_load_commits": """
        SELECT 1 AS userid, query, 0 AS slice, 'copy' AS name, filename, 0 AS byte_offset,
            lines_scanned, 0 AS errors, curtime, 1 AS status, 'S3' AS file_format
        FROM cube_system.load_files
    """,
    "sys_load_history": """
        SELECT 1 AS user_id, query AS query_id, 0 AS transaction_id,
            current_database() AS database_name, status, table_name, start_time, end_time,
            date_diff('microsecond', start_time, end_time) AS duration, data_source,
            file_format, loaded_rows, loaded_bytes, source_files AS source_file_count,
            loaded_bytes AS source_file_bytes, source_files AS file_count_scanned, error_count
        FROM cube_system.loads
    """,
}

_INFORMATION: Final = {
    "tables": "SELECT table_catalog, table_schema, table_name, table_type"
    " FROM cube_catalog.svv_tables",
    "columns": "SELECT * EXCLUDE (remarks) FROM cube_catalog.svv_columns",
    "schemata": "SELECT database_name AS catalog_name, schema_name, 'cube' AS schema_owner"
    " FROM cube_catalog.svv_all_schemas",
    "views": "SELECT current_database() AS table_catalog, schema AS table_schema,"
    " name AS table_name, definition AS view_definition FROM cube_catalog.cube_views",
}


def _created(schema: str, views: dict[str, str]) -> tuple[str, ...]:
    statements = []
    for name, body in views.items():
        query = " ".join(body.split()).replace("{own}", _OWN).replace("{type}", _TYPE)
        statements.append(f"CREATE OR REPLACE VIEW {schema}.{name} AS {query}")
    return tuple(statements)


VIEWS: Final = (
    *_created("cube_catalog", _HIDDEN),
    *_created("cube_catalog", PG_VIEWS),
    *_created("cube_catalog", _SVV),
    *_created("cube_catalog", _LOADS),
    *_created("cube_information", _INFORMATION),
)
