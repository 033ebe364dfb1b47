"""Redshift's names of functions in, what DuckDB calls them out: the list of all we let through.

A function that is not here is refused with 42883, although DuckDB may know it: SQL that passes on
the desk should pass on Redshift, and nothing reads the machine's files.
"""

from typing import Final

# The same name and meaning in both.
_SAME: Final = """
    ABS ACOS ASCII ASIN ATAN ATAN2 CBRT CEIL CEILING CHR COS COT DEGREES EXP FLOOR LEFT LN LOWER
    LTRIM MD5 PI POWER RADIANS RANDOM REPEAT REPLACE REVERSE RIGHT ROUND RTRIM SHA1 SIGN SIN
    SPLIT_PART SQRT STRPOS TAN TRANSLATE UPPER GREATEST LEAST NULLIF BIT_LENGTH
    STDDEV STDDEV_SAMP STDDEV_POP VARIANCE VAR_SAMP VAR_POP BOOL_AND BOOL_OR ANY_VALUE BIT_AND
    BIT_OR MEDIAN ROW_NUMBER RANK DENSE_RANK NTILE PERCENT_RANK CUME_DIST LAG LEAD FIRST_VALUE
    LAST_VALUE NTH_VALUE LAST_DAY ARRAY_TO_STRING
    CURRENT_SCHEMAS OBJ_DESCRIPTION COL_DESCRIPTION HAS_SCHEMA_PRIVILEGE HAS_TABLE_PRIVILEGE
    HAS_DATABASE_PRIVILEGE
"""

# Another name in DuckDB; `cube_` names are our macros (macros.py).
_RENAMED: Final = {
    "BTRIM": "trim",
    "CHAR_LENGTH": "length",
    "CHARACTER_LENGTH": "length",
    "DEXP": "exp",
    "DLOG1": "ln",
    "DLOG10": "log10",
    "FUNC_SHA1": "sha1",
    "LEN": "length",
    "LENGTH": "length",
    "LOG": "log10",
    "MOD": "mod",
    "OCTET_LENGTH": "strlen",
    "POW": "power",
    "REPLICATE": "repeat",
    "SHA": "sha1",
    "SUBSTR": "substring",
    "TEXTLEN": "length",
    "ADD_MONTHS": "cube_add_months",
    "CAN_JSON_PARSE": "cube_is_json",
    "DATE_CMP": "cube_compare",
    "DATE_PART_YEAR": "year",
    "FORMAT_TYPE": "cube_format_type",
    "INITCAP": "cube_initcap",
    "IS_VALID_JSON": "cube_is_json_object",
    "IS_VALID_JSON_ARRAY": "cube_is_json_array",
    "JSON_ARRAY_LENGTH": "cube_json_array_length",
    "JSON_EXTRACT_ARRAY_ELEMENT_TEXT": "cube_json_array_element",
    "JSON_PARSE": "cube_json_parse",
    "JSON_SERIALIZE": "cube_json_serialize",
    "MONTHS_BETWEEN": "cube_months_between",
    "PG_ENCODING_TO_CHAR": "cube_encoding_name",
    "PG_GET_CONSTRAINTDEF": "cube_no_definition",
    "PG_GET_EXPR": "cube_expression",
    "PG_GET_INDEXDEF": "cube_no_definition",
    "PG_GET_USERBYID": "cube_user_name",
    "PG_GET_VIEWDEF": "cube_view_definition",
    "PG_TABLE_IS_VISIBLE": "cube_is_visible",
    "QUOTE_IDENT": "cube_quote_ident",
    "QUOTE_LITERAL": "cube_quote_literal",
    "REGEXP_COUNT": "cube_regexp_count",
    "REGEXP_INSTR": "cube_regexp_instr",
    "REGEXP_SUBSTR": "cube_regexp_substr",
    "SHA2": "cube_sha2",
    "TIMESTAMP_CMP": "cube_compare",
    "TO_HEX": "cube_to_hex",
    "TRUNC": "trunc",
}

RENAMED: Final[dict[str, str]] = {name: name.lower() for name in _SAME.split()} | _RENAMED

# Understood by sqlglot's own classes; everything else it knows is left to the tables above.
_PARSED: Final = """
    AVG COALESCE CONVERT_TIMEZONE COUNT DATEADD DATEDIFF DATE_ADD DATE_DIFF GETDATE
    LISTAGG MAX MIN NVL NVL2 PERCENTILE_CONT PERCENTILE_DISC SUM
"""
_PARSED_SPECIALLY: Final = "CAST CONVERT DATE_PART DECODE EXTRACT POSITION SUBSTRING TRIM TRY_CAST"

PARSED: Final = frozenset(_PARSED.split())
PARSED_SPECIALLY: Final = frozenset(_PARSED_SPECIALLY.split())
