"""Nothing in, DuckDB's macros out: Redshift's functions that DuckDB has not, by our own names."""

from typing import Final

# A cast to VARCHAR(n) cuts at n bytes, never inside a letter.
_VARCHAR: Final = """
    CASE WHEN text IS NULL OR strlen(text) <= bytes THEN text
    WHEN strlen(left(text, bytes)) <= bytes THEN left(text, bytes)
    ELSE left(text, list_max(list_filter(range(0, bytes + 1),
        lambda n: strlen(left(text, CAST(n AS BIGINT))) <= bytes))) END
"""
_INITCAP: Final = """
    array_to_string(list_transform(regexp_extract_all(lower(text), '[[:alnum:]]+|[^[:alnum:]]+'),
        lambda word: upper(word[1]) || word[2:]), '')
"""
_ADD_MONTHS: Final = """
    CASE WHEN last_day(CAST(day AS DATE)) = CAST(day AS DATE)
    THEN last_day(CAST(day AS DATE) + to_months(CAST(months AS INTEGER)))
        + (CAST(day AS TIMESTAMP) - date_trunc('day', CAST(day AS TIMESTAMP)))
    ELSE CAST(day AS TIMESTAMP) + to_months(CAST(months AS INTEGER)) END
"""
_MONTHS_BETWEEN: Final = """
    datediff('month', CAST(b AS DATE), CAST(a AS DATE))
    + CASE WHEN day(CAST(a AS DATE)) = day(CAST(b AS DATE))
        OR (last_day(CAST(a AS DATE)) = CAST(a AS DATE)
            AND last_day(CAST(b AS DATE)) = CAST(b AS DATE))
    THEN 0 ELSE (day(CAST(a AS DATE)) - day(CAST(b AS DATE))) / 31.0 END
"""
_FORMAT_TYPE: Final = """
    CASE CAST(type AS BIGINT)
    WHEN 16 THEN 'boolean' WHEN 21 THEN 'smallint' WHEN 23 THEN 'integer' WHEN 20 THEN 'bigint'
    WHEN 700 THEN 'real' WHEN 701 THEN 'double precision' WHEN 1082 THEN 'date'
    WHEN 1083 THEN 'time without time zone' WHEN 1114 THEN 'timestamp without time zone'
    WHEN 1184 THEN 'timestamp with time zone' WHEN 4000 THEN 'super' WHEN 6551 THEN 'binary varying'
    WHEN 1700 THEN CASE WHEN modifier > 4 THEN
        'numeric(' || ((modifier - 4) >> 16) || ',' || ((modifier - 4) & 65535) || ')'
        ELSE 'numeric' END
    WHEN 1043 THEN CASE WHEN modifier > 4 THEN 'character varying(' || (modifier - 4) || ')'
        ELSE 'character varying' END
    WHEN 1042 THEN CASE WHEN modifier > 4 THEN 'character(' || (modifier - 4) || ')'
        ELSE 'character' END
    ELSE 'character varying' END
"""

_BODIES: Final = {
    "cube_add_months(day, months)": _ADD_MONTHS,
    "cube_compare(a, b)": "CASE WHEN a = b THEN 0 WHEN a < b THEN -1 WHEN a > b THEN 1 END",
    "cube_encoding_name(number)": "'UTF8'",
    "cube_expression(text, relation)": "text, (text, relation, pretty) AS text",
    "cube_format_type(type, modifier)": _FORMAT_TYPE,
    "cube_initcap(text)": _INITCAP,
    "cube_is_json(text)": "json_valid(text)",
    "cube_is_json_array(text)": "json_valid(text) AND coalesce(json_type(text) = 'ARRAY', false)",
    "cube_is_json_object(text)": "json_valid(text) AND coalesce(json_type(text) = 'OBJECT', false)",
    "cube_is_visible(relation)": "true",
    "cube_json_array_element(text, place)": "json_extract_string(text, CAST(place AS BIGINT))",
    "cube_json_array_length(text)": "CAST(json_array_length(text) AS INTEGER)",
    "cube_json_parse(text)": "CAST(text AS JSON)",
    "cube_json_path(text, path)": "json_extract_string(text, path)",
    "cube_json_path_or_null(text, path)":
        "CASE WHEN json_valid(text) THEN json_extract_string(text, path) END",
    "cube_json_serialize(value)": "CAST(value AS VARCHAR)",
    "cube_months_between(a, b)": _MONTHS_BETWEEN,
    "cube_no_definition(relation)":
        "CAST(NULL AS VARCHAR), (relation, place, pretty) AS CAST(NULL AS VARCHAR),"
        " (relation, pretty) AS CAST(NULL AS VARCHAR)",
    "cube_quote_ident(text)":
        "CASE WHEN regexp_full_match(text, '[a-z_][a-z0-9_$]*') THEN text"
        " ELSE '\"' || replace(text, '\"', '\"\"') || '\"' END",
    "cube_quote_literal(text)": "'''' || replace(text, '''', '''''') || ''''",
    "cube_regexp_count(text, pattern)": "CAST(len(regexp_extract_all(text, pattern)) AS INTEGER)",
    "cube_regexp_instr(text, pattern)":
        "CASE WHEN regexp_matches(text, pattern)"
        " THEN CAST(strpos(text, regexp_extract(text, pattern)) AS INTEGER) ELSE 0 END",
    "cube_regexp_substr(text, pattern)": "regexp_extract(text, pattern),"
        " (text, pattern, start) AS regexp_extract(substring(text, start), pattern)",
    "cube_sha2(text, bits)":
        "CASE WHEN bits IN (0, 256) THEN sha256(text)"
        " ELSE error('cube 0A000 SHA2 is implemented for 256 bits only') END",
    "cube_to_hex(number)": "lower(hex(number))",
    "cube_user_name(number)": "'cube'",
    "cube_varchar(text, bytes)": _VARCHAR,
    "cube_view_definition(relation)":
        "(SELECT definition FROM cube_catalog.cube_views WHERE oid = CAST(relation AS BIGINT)),"
        " (relation, pretty) AS"
        " (SELECT definition FROM cube_catalog.cube_views WHERE oid = CAST(relation AS BIGINT))",
    "current_schemas(implicit)": "['pg_catalog', 'public']",
    "obj_description(relation)":
        "CAST(NULL AS VARCHAR), (relation, catalog) AS CAST(NULL AS VARCHAR)",
    "col_description(relation, place)": "CAST(NULL AS VARCHAR)",
    "has_schema_privilege(object, privilege)": "true, (person, object, privilege) AS true",
    "has_table_privilege(object, privilege)": "true, (person, object, privilege) AS true",
    "has_database_privilege(object, privilege)": "true, (person, object, privilege) AS true",
}  # fmt: skip

MACROS: Final = tuple(
    f"CREATE OR REPLACE MACRO main.{head} AS {' '.join(body.split())}"
    for head, body in _BODIES.items()
)
