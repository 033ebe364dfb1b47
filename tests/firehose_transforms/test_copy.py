"""Whatever comes in, COPY takes every row of it: the warehouse holds what the rows say."""

import gzip
import io
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import SystemClock
from core.row import Row
from firehose_transforms.transform import transform_records
from local.warehouse.session import Session
from local.warehouse.warehouse import Warehouse
from processors.load_sql import statements
from tests.firehose_transforms.any_bytes import USER_RECORDS
from tests.firehose_transforms.batch import read_rows, source_record
from tests.firehose_transforms.landing import ROOT


class OneObject:
    """A lake that holds one object of rows."""

    body = b""

    def list_objects_v2(self, **request: Any) -> Any:
        return {"Contents": [{"Key": request["Prefix"], "Size": len(self.body)}]}

    def get_object(self, **request: Any) -> Any:
        return {"Body": io.BytesIO(self.body), "ContentLength": len(self.body)}

    def put_object(self, **request: Any) -> Any:
        raise AssertionError(request)


@pytest.fixture(scope="module")
def lake() -> OneObject:
    return OneObject()


@pytest.fixture(scope="module")
def session(lake: OneObject) -> Iterator[Session]:
    warehouse = Warehouse(None, objects=lake, clock=SystemClock())
    warehouse.run_script((ROOT / "sql/ddl/landing.sql").read_text())
    session = Session(warehouse, user="cube", database="votes")
    yield session
    session.close()
    warehouse.close()


def landed(session: Session) -> list[tuple[object, ...]]:
    """Return the table's rows, times as milliseconds."""
    names = ", ".join(Row.__struct_fields__)
    rows = session.execute(f"SELECT {names} FROM landing").rows
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=UTC).timestamp() * 1000)
    return value


def values(row: Row) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in Row.__struct_fields__)


@settings(deadline=None, max_examples=60)
@given(records=st.lists(USER_RECORDS, min_size=1, max_size=5))
def test_copy_takes_every_row_of_any_bytes(
    session: Session, lake: OneObject, records: list[bytes]
) -> None:
    answers, _ = transform_records(
        [source_record(data, index=index) for index, data in enumerate(records)]
    )
    rows = [row for answer in answers for row in read_rows(answer)]
    lake.body = gzip.compress(b"".join(b64decode(answer["data"]) for answer in answers))
    session.execute("DELETE FROM landing")
    (copy,) = statements("copy", manifest="s3://cube-lake/rows.gz", copy_role="default")
    session.execute(copy.replace("COPY incoming", "COPY landing").replace("MANIFEST ", ""))
    assert sorted(map(repr, landed(session))) == sorted(repr(values(row)) for row in rows)
