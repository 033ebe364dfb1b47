"""A database file in, sessions over it out: the one warehouse of a process."""

from local.warehouse.engine import Engine, ObjectReader
from local.warehouse.session import Session

__all__ = ["ObjectReader", "Warehouse"]


class Warehouse(Engine):
    """The engine, and scripts run on it by the house itself."""

    def run_script(self, sql: str) -> None:
        """Execute each statement of a script, for sql/ddl and sql/views at boot."""
        session = Session(self, user="cube", database=self.database)
        try:
            for statement in session.split(sql):
                for _ in session.execute(statement).rows:
                    pass
        finally:
            session.close()
