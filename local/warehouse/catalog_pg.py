"""Nothing in, the views of pg_catalog that psql, drivers and BI tools read out."""

from typing import Final

PG_VIEWS: Final = {
    "pg_namespace": """
        SELECT oid, nspname, 1 AS nspowner, CAST(NULL AS VARCHAR) AS nspacl FROM (
            SELECT CASE schema_name WHEN 'public' THEN 2200 ELSE oid + 50000 END AS oid,
                schema_name AS nspname
            FROM duckdb_schemas()
            WHERE database_name NOT IN ('system', 'temp') AND schema_name NOT IN (
                'cube_catalog', 'cube_information', 'cube_system', 'main', 'pg_catalog',
                'information_schema')
            UNION ALL VALUES (11, 'pg_catalog'), (12, 'information_schema'), (13, 'pg_temp')
        )
    """,
    "pg_class": """
        SELECT r.oid, r.name AS relname, n.oid AS relnamespace, 0 AS reltype, 1 AS relowner,
            0 AS relam, r.oid AS relfilenode, 0 AS reltablespace, 0 AS relpages,
            CAST(coalesce(r.rows, 0) AS REAL) AS reltuples, 0 AS reltoastrelid,
            false AS relhasindex, false AS relisshared, r.kind AS relkind,
            (SELECT count(*) FROM cube_catalog.cube_columns AS c WHERE c.oid = r.oid) AS relnatts,
            0 AS relchecks, false AS relhasoids, false AS relhaspkey, false AS relhasrules,
            false AS relhassubclass, false AS relhastriggers, false AS relrowsecurity,
            false AS relforcerowsecurity, false AS relispartition, CAST(NULL AS VARCHAR) AS relacl,
            'p' AS relpersistence, 'd' AS relreplident, 0 AS reloftype,
            CAST(NULL AS VARCHAR) AS reloptions, CAST(NULL AS VARCHAR) AS relpartbound
        FROM cube_catalog.cube_relations AS r
        JOIN cube_catalog.pg_namespace AS n ON n.nspname = r.schema
    """,
    "pg_attribute": """
        SELECT oid AS attrelid, name AS attname, type_oid AS atttypid, -1 AS attstattarget,
            length AS attlen, CAST(place AS SMALLINT) AS attnum, 0 AS attndims,
            modifier AS atttypmod, not_null AS attnotnull, default_value IS NOT NULL AS atthasdef,
            false AS attisdropped, true AS attislocal, 0 AS attinhcount, 0 AS attcollation,
            'x' AS attstorage, '' AS attidentity, '' AS attgenerated, '' AS attcompression,
            CAST(NULL AS VARCHAR) AS attacl, CAST(NULL AS VARCHAR) AS attfdwoptions
        FROM cube_catalog.cube_columns
    """,
    "pg_attrdef": """
        SELECT oid * 1000 + place AS oid, oid AS adrelid, CAST(place AS SMALLINT) AS adnum,
            default_value AS adbin, default_value AS adsrc
        FROM cube_catalog.cube_columns WHERE default_value IS NOT NULL
    """,
    "pg_type": """
        SELECT oid, typname, 11 AS typnamespace, 1 AS typowner, typlen, 'b' AS typtype,
            typcategory, true AS typisdefined, ',' AS typdelim, 0 AS typrelid, 0 AS typelem,
            0 AS typarray, 0 AS typbasetype, -1 AS typtypmod, 0 AS typcollation, false AS typnotnull
        FROM (VALUES (16, 'bool', 1, 'B'), (20, 'int8', 8, 'N'), (21, 'int2', 2, 'N'),
            (23, 'int4', 4, 'N'), (25, 'text', -1, 'S'), (26, 'oid', 4, 'N'),
            (700, 'float4', 4, 'N'), (701, 'float8', 8, 'N'), (705, 'unknown', -2, 'X'),
            (1042, 'bpchar', -1, 'S'), (1043, 'varchar', -1, 'S'), (1082, 'date', 4, 'D'),
            (1083, 'time', 8, 'D'), (1114, 'timestamp', 8, 'D'), (1184, 'timestamptz', 8, 'D'),
            (1266, 'timetz', 12, 'D'), (1700, 'numeric', -1, 'N'), (4000, 'super', -1, 'S'),
            (6551, 'varbyte', -1, 'S'), (19, 'name', 64, 'S'))
            AS t(oid, typname, typlen, typcategory)
    """,
    "pg_tables": """
        SELECT schema AS schemaname, name AS tablename, 'cube' AS tableowner,
            CAST(NULL AS VARCHAR) AS tablespace, false AS hasindexes, false AS hasrules,
            false AS hastriggers
        FROM cube_catalog.cube_relations WHERE kind = 'r'
    """,
    "pg_views": """
        SELECT schema AS schemaname, name AS viewname, 'cube' AS viewowner, definition
        FROM cube_catalog.cube_views
    """,
    "pg_table_def": """
        SELECT schema AS schemaname, table_name AS tablename, name AS "column", full_type AS type,
            encoding, coalesce(name = json_extract_string(meta, '$.distkey'), false) AS distkey,
            coalesce(list_position(json_extract_string(meta, '$.sortkey[*]'), name), 0) AS sortkey,
            not_null AS "notnull"
        FROM cube_catalog.cube_columns WHERE kind = 'r'
    """,
    "pg_database": """
        SELECT 1 AS oid, current_database() AS datname, 1 AS datdba, 6 AS encoding,
            false AS datistemplate, true AS datallowconn, CAST(NULL AS VARCHAR) AS datacl,
            'C' AS datcollate, 'C' AS datctype, 0 AS dattablespace, -1 AS datconnlimit
    """,
    "pg_user": """
        SELECT 'cube' AS usename, 1 AS usesysid, true AS usecreatedb, true AS usesuper,
            false AS usecatupd, '********' AS passwd, CAST(NULL AS TIMESTAMP) AS valuntil,
            CAST(NULL AS VARCHAR) AS useconfig
    """,
    "pg_roles": """
        SELECT 'cube' AS rolname, true AS rolsuper, true AS rolinherit, true AS rolcreaterole,
            true AS rolcreatedb, true AS rolcanlogin, -1 AS rolconnlimit, 1 AS oid
    """,
    "pg_index": """
        SELECT 0 AS indexrelid, 0 AS indrelid, 0 AS indnatts, false AS indisunique,
            false AS indisprimary, false AS indisclustered, true AS indisvalid,
            false AS indisreplident, '' AS indkey, '' AS indexprs, '' AS indpred WHERE false
    """,
    "pg_constraint": """
        SELECT 0 AS oid, '' AS conname, 0 AS connamespace, '' AS contype, 0 AS conrelid,
            0 AS confrelid, '' AS conkey, '' AS confkey, 0 AS conindid, 0 AS conparentid,
            false AS condeferrable, false AS condeferred WHERE false
    """,
    "pg_description": """
        SELECT 0 AS objoid, 0 AS classoid, 0 AS objsubid, '' AS description WHERE false
    """,
    "pg_proc": """
        SELECT 0 AS oid, '' AS proname, 0 AS pronamespace, 0 AS prorettype, '' AS proargtypes
        WHERE false
    """,
    "pg_proc_info": """
        SELECT 0 AS prooid, '' AS proname, 0 AS pronamespace, 0 AS prorettype, '' AS prokind,
            '' AS proargtypes WHERE false
    """,
    "pg_get_late_binding_view_cols": """
        SELECT '' AS schemaname, '' AS tablename, '' AS columnname, '' AS columntype,
            0 AS columnnum WHERE false
    """,
    "pg_inherits": "SELECT 0 AS inhrelid, 0 AS inhparent, 0 AS inhseqno WHERE false",
    "pg_am": "SELECT 0 AS oid, '' AS amname WHERE false",
    "pg_collation": "SELECT 0 AS oid, '' AS collname, 0 AS collnamespace WHERE false",
    "pg_tablespace": "SELECT 0 AS oid, '' AS spcname, 0 AS spcowner WHERE false",
    "pg_trigger": "SELECT 0 AS oid, 0 AS tgrelid, '' AS tgname, false AS tgisinternal WHERE false",
    "pg_rewrite": "SELECT 0 AS oid, '' AS rulename, 0 AS ev_class WHERE false",
    "pg_policy": "SELECT 0 AS oid, '' AS polname, 0 AS polrelid WHERE false",
    "pg_statistic_ext": "SELECT 0 AS oid, '' AS stxname, 0 AS stxrelid WHERE false",
    "pg_publication": "SELECT 0 AS oid, '' AS pubname, false AS puballtables WHERE false",
    "pg_publication_rel": "SELECT 0 AS prpubid, 0 AS prrelid WHERE false",
    "pg_foreign_table": "SELECT 0 AS ftrelid, 0 AS ftserver WHERE false",
    "pg_settings": "SELECT '' AS name, '' AS setting WHERE false",
}  # fmt: skip
