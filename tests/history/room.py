"""A warehouse and a lake in, loads of rows run against them out: the merge without its network."""

import gzip
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from core.clock import SystemClock
from core.row import Row
from local.s3 import S3Service
from local.warehouse.session import Session
from local.warehouse.warehouse import Warehouse
from processors.lake import Lake, LakeObject

SQL: Final = Path(__file__).resolve().parents[2] / "sql"
BUCKET: Final = "cube-lake"


class Room:
    """An empty warehouse with the tables of `sql/ddl`, in memory; a bucket in a folder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        clock = SystemClock()
        self.s3 = S3Service(Path(self._folder.name), clock)
        self.s3.create_bucket(Bucket=BUCKET)
        objects: Any = self.s3  # its methods name their parameters, as boto3's do
        self._warehouse = Warehouse(None, objects=objects, clock=clock)
        for path in sorted((SQL / "ddl").glob("*.sql")):
            self._warehouse.run_script(path.read_text())
        self._session = Session(self._warehouse, user="cube", database="votes")
        self._tables = [path.stem for path in sorted((SQL / "ddl").glob("*.sql"))]

    def close(self) -> None:
        self._session.close()
        self._warehouse.close()
        self.s3.close()
        self._folder.cleanup()

    def empty(self) -> None:
        for table in self._tables:
            self._session.execute(f"DELETE FROM {table}")

    def put_rows(self, key: str, rows: Sequence[Row]) -> str:
        """Put an object of rows as Firehose does; return the URL of its manifest."""
        return self.put_bytes(key, msgspec.json.Encoder().encode_lines(rows))

    def put_bytes(self, key: str, lines: bytes) -> str:
        """Put an object of whatever lines; return the URL of its manifest."""
        body = gzip.compress(lines)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return Lake(self.s3, bucket=BUCKET).put_manifest(f"of-{key}", [LakeObject(key, len(body))])

    def run(self, statements: Sequence[str]) -> None:
        """Run statements as one transaction, as the Data API does."""
        self._session.execute("BEGIN")
        try:
            for statement in statements:
                for _ in self._session.execute(statement).rows:
                    pass
            self._session.execute("COMMIT")
        except Exception:
            self._session.execute("ROLLBACK")
            raise

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.execute(sql).rows]

    def one(self, sql: str) -> Any:
        ((value,),) = self.all(sql)
        return value

    def votes(self) -> dict[tuple[str, str, int], tuple[str, int, str, int]]:
        """Return the votes by identity; one that stands there twice is an error."""
        rows = self.all(
            "SELECT poll, device_id, seq, colour, "
            "DATEDIFF(ms, CAST('1970-01-01' AS TIMESTAMP), arrived_at), sequence_number, line "
            "FROM votes"
        )
        found = {(poll, device, seq): tuple(rest) for poll, device, seq, *rest in rows}
        assert len(found) == len(rows), "each identity is there once"
        return found

    def parked(self) -> dict[str, str]:
        rows = self.all("SELECT line_id, parked_reason FROM parked_votes")
        assert len({line for line, _ in rows}) == len(rows), "each line is parked once"
        return dict(rows)

    def duplicates(self) -> list[str]:
        return sorted(line for (line,) in self.all("SELECT line_id FROM duplicate_votes"))

    def load_lines(self) -> list[tuple[str, int, int, int, int, int]]:
        """Return (poll, minute since 1970, counted, parked, duplicate, redelivered)."""
        rows = self.all(
            "SELECT poll, DATEDIFF(minute, CAST('1970-01-01' AS TIMESTAMP), minute), "
            "counted, parked, duplicate, redelivered FROM load_lines"
        )
        return [tuple(row) for row in rows]
