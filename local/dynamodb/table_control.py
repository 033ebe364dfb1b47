"""Requests about tables in, their descriptions out: create, describe, list, delete, expiry."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from local.aws_error import validation_error
from local.dynamodb import members, rows, table
from local.dynamodb.catalog import Catalog
from local.dynamodb.database import transaction
from local.dynamodb.limits import LIST_TABLES_MAX, TABLE_FIGURES_PERIOD_MS
from local.dynamodb.members import Request
from local.dynamodb.refusal import invalid_value
from local.dynamodb.table import Table


class TableControl:
    """Changes and describes tables; a change is committed before it returns."""

    def __init__(self, connection: sqlite3.Connection, catalog: Catalog) -> None:
        self._connection = connection
        self._catalog = catalog
        self._figures: dict[int, tuple[int, tuple[int, int]]] = {}  # id -> (counted at, figures)

    def create(self, request: Request, now_ms: int) -> dict[str, Any]:
        """Make a table: ACTIVE at once, though the reply says CREATING as AWS's does."""
        wanted = table.defined(request, now_ms)
        with self._definitions_change():
            created = self._catalog.add(wanted)
        return {"TableDescription": table.description(created, "CREATING", items=0, size_bytes=0)}

    def describe(self, request: Request, now_ms: int) -> dict[str, Any]:
        """Describe a table; like AWS's, its figures may be old: here by a minute."""
        found = self._named(request)
        counted_ms, figures = self._figures.get(found.id, (None, (0, 0)))
        if counted_ms is None or not 0 <= now_ms - counted_ms < TABLE_FIGURES_PERIOD_MS:
            figures = rows.count(self._connection, found)
            self._figures[found.id] = (now_ms, figures)
        items, size_bytes = figures
        return {"Table": table.description(found, "ACTIVE", items=items, size_bytes=size_bytes)}

    def list(self, request: Request) -> dict[str, Any]:
        limit = members.whole_number(request, "Limit") or LIST_TABLES_MAX
        if limit > LIST_TABLES_MAX:
            raise members.constraint(
                "Limit", limit, f"have value less than or equal to {LIST_TABLES_MAX}"
            )
        after = members.text_or_none(request, "ExclusiveStartTableName") or ""
        names = [name for name in self._catalog.names() if name > after]
        more = {"LastEvaluatedTableName": names[limit - 1]} if len(names) > limit else {}
        return {"TableNames": names[:limit], **more}

    def delete(self, request: Request) -> dict[str, Any]:
        found = self._named(request)
        with self._definitions_change():
            rows.delete_all(self._connection, found)
            self._catalog.drop(found)
        return {"TableDescription": table.description(found, "DELETING", items=0, size_bytes=0)}

    def update_time_to_live(self, request: Request) -> dict[str, Any]:
        """Turn expiry on or off; it takes effect at once, where AWS takes up to an hour."""
        found = self._named(request)
        wanted = members.check_names(
            "TimeToLiveSpecification", members.mapping(request, "TimeToLiveSpecification")
        )
        enabled = members.flag(wanted, "Enabled", default=False)
        name = members.text(wanted, "AttributeName")
        if enabled is (found.ttl_attribute is not None):
            raise validation_error(f"TimeToLive is already {'enabled' if enabled else 'disabled'}")
        if not enabled and name != found.ttl_attribute:
            raise invalid_value(
                f"TimeToLive is active on a different AttributeName: {found.ttl_attribute}"
            )
        changed = msgspec.structs.replace(found, ttl_attribute=name if enabled else None)
        with self._definitions_change():
            self._catalog.replace(changed)
            rows.redate_all(self._connection, changed)
        return {"TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": name}}

    def describe_time_to_live(self, request: Request) -> dict[str, Any]:
        name = self._named(request).ttl_attribute
        if name is None:
            return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": name}}

    def _named(self, request: Request) -> Table:
        return self._catalog.table(members.text(request, "TableName"), described=True)

    @contextmanager
    def _definitions_change(self) -> Iterator[None]:
        """A transaction that also undoes the catalog's memory of what failed."""
        try:
            with transaction(self._connection):
                yield
        except BaseException:
            self._catalog.reload()
            raise
