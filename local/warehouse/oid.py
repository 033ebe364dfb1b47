"""PostgreSQL's and Redshift's numbers of types, by name."""

from typing import Final

UNSPECIFIED: Final = 0
BOOLEAN: Final = 16
BYTEA: Final = 17
NAME: Final = 19
BIGINT: Final = 20
SMALLINT: Final = 21
INTEGER: Final = 23
TEXT: Final = 25
OID: Final = 26
JSON: Final = 114
REAL: Final = 700
DOUBLE: Final = 701
UNKNOWN: Final = 705
BPCHAR: Final = 1042
VARCHAR: Final = 1043
DATE: Final = 1082
TIME: Final = 1083
TIMESTAMP: Final = 1114
TIMESTAMPTZ: Final = 1184
INTERVAL: Final = 1186
TIMETZ: Final = 1266
NUMERIC: Final = 1700
UUID: Final = 2950
SUPER: Final = 4000
VARBYTE: Final = 6551

TEXTS: Final = frozenset({NAME, TEXT, JSON, UNKNOWN, BPCHAR, VARCHAR, SUPER})
