"""Sessions on a warehouse in, what runs a delivery stream's COPY in it out."""

from collections.abc import Sequence

from local.firehose.driver import Copier
from local.redshift_data.driver import Connect
from local.redshift_data.parameters import BoundSql


def warehouse_copier(connect: Connect, database: str) -> Copier:
    """Return what runs one COPY in a session of its own; it blocks, and raises the driver's errors.

    A COPY is a transaction: it is committed when this returns. When the answer gets lost nobody
    knows, and it is run again (C54).
    """

    def copy(sql: str) -> None:
        session = connect(database)
        try:
            session.execute(BoundSql(sql, ()), _NoRows())
        finally:
            session.close()

    return copy


class _NoRows:
    """Takes the rows of a statement that has none."""

    def describe(self, columns: Sequence[tuple[str, int]]) -> None:
        """Do nothing."""

    def add(self, row: Sequence[object], row_bytes: int) -> None:
        """Do nothing."""
