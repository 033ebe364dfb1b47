"""SET, RESET and SHOW in, a session's settings out: those that clients send, and no others."""

import re
from typing import Final

from local.warehouse.dialect.cursor import TokenCursor
from local.warehouse.dialect.lexer import Kind
from local.warehouse.error import WarehouseError

_DEFAULTS: Final = {
    "analyze_threshold_percent": "10",
    "application_name": "",
    "autocommit": "on",
    "client_encoding": "UTF8",
    "client_min_messages": "notice",
    "cursor_result_set_size": "0",
    "datestyle": "ISO, MDY",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "off",
    "describe_field_name_in_uppercase": "off",
    "downcase_delimited_identifier": "on",
    "enable_case_sensitive_identifier": "off",
    "enable_result_cache_for_session": "on",
    "enable_vacuum_boost": "off",
    "error_on_nondeterministic_update": "off",
    "extra_float_digits": "0",
    "intervalstyle": "postgres",
    "is_superuser": "on",
    "lc_collate": "C",
    "lc_messages": "",
    "max_cursor_result_set_size": "0",
    "max_identifier_length": "127",
    "mv_enable_aqmv_for_session": "on",
    "query_group": "default",
    "search_path": '"$user", public',
    "server_encoding": "UTF8",
    "server_version": "8.0.2",
    "session_authorization": "cube",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "timezone": "UTC",
    "transaction_isolation": "serializable",
    "transaction_read_only": "off",
    "wlm_query_slot_count": "1",
}
# What a client may not change here, although Redshift has it, beside its only value.
_FIXED: Final = frozenset(
    {"enable_case_sensitive_identifier", "is_superuser", "lc_collate", "server_encoding",
     "server_version", "max_identifier_length", "transaction_isolation",
     "default_transaction_isolation", "downcase_delimited_identifier"}
)  # fmt: skip


_PATH: Final = frozenset({"$user", "public", "pg_catalog"})


def _names(value: str) -> list[str]:
    return [name.strip().strip('"') for name in value.split(",")]


class Settings:
    """One session's settings. Raises WarehouseError 42704 for a name that Redshift has not."""

    def __init__(self, user: str) -> None:
        self._values = {**_DEFAULTS, "session_authorization": user}

    @property
    def statement_timeout_ms(self) -> int:
        return int(self._values["statement_timeout"])

    def get(self, name: str) -> str:
        if name not in self._values:
            raise WarehouseError("42704", f'unrecognized configuration parameter "{name}"')
        return self._values[name]

    def all(self) -> list[tuple[str, str]]:
        return sorted(self._values.items())

    def set(self, name: str, value: str) -> None:
        """Set it; a setting that has one value here only takes that one (0A000)."""
        current = self.get(name)
        if name in _FIXED and value.lower() != current.lower():
            raise WarehouseError(
                "0A000", f"{name} is {current} in the local warehouse and cannot be {value}"
            )
        if name == "search_path" and not set(_names(value)) <= _PATH:
            raise WarehouseError(
                "0A000",
                f"search_path {value} is not implemented by the local warehouse",
                hint="Names without a schema are looked up in public; write schema.name.",
            )
        if name == "statement_timeout" and not value.isdigit():
            raise WarehouseError("22023", f'invalid value for parameter "{name}": "{value}"')
        self._values[name] = value

    def reset(self, name: str) -> None:
        self.get(name)
        self._values[name] = _DEFAULTS[name]

    def reset_all(self) -> None:
        self._values.update(_DEFAULTS)


def read_set(cursor: TokenCursor) -> tuple[str, str] | None:
    """Read a SET; None is one that says nothing here (SET TRANSACTION ...).

    Raises WarehouseError 42601, or 0A000 for SET SESSION AUTHORIZATION.
    """
    cursor.expect("SET")
    if cursor.accept("SESSION", "AUTHORIZATION"):
        raise WarehouseError("0A000", "SET SESSION AUTHORIZATION is not implemented")
    if cursor.accept("SESSION", "CHARACTERISTICS") or cursor.accept("TRANSACTION"):
        return None
    if not cursor.accept("SESSION"):
        cursor.accept("LOCAL")
    if cursor.accept("TIME", "ZONE"):
        return "timezone", _value(cursor)
    name = cursor.name()
    if not (cursor.accept("TO") or cursor.accept_sign("=")):
        raise cursor.error()
    if cursor.accept("DEFAULT"):
        return name, _DEFAULTS.get(name, "")
    return name, _value(cursor)


def _value(cursor: TokenCursor) -> str:
    parts = []
    while cursor.token is not None:
        token = cursor.take()
        if token.kind is Kind.SIGN and token.value not in (",", "-", "."):
            raise cursor.error()
        parts.append(token.value)
    if not parts:
        raise cursor.error()
    return re.sub(r" ?(,) ?", r"\1 ", " ".join(parts))
