"""Bundles: the same bytes every time, nothing but what is needed, and each starts alone."""

import io
import json
import platform
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from core.errors import InvariantBroken, Misconfigured
from infra.bundle import contents as contents_module
from infra.bundle.archive import archive_of
from infra.bundle.bundle import Bundle, budgets, bundles, handlers
from infra.bundle.contents import contents_of
from infra.bundle.start import make_runtime, start, unpack
from local.cli.clients import client_at
from local.supervise.children import local_aws_environment

EVENTS = Path(__file__).parents[1] / "events"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return found


@pytest.fixture(scope="module")
def made() -> dict[str, Bundle]:
    return {each.logical_id: each for each in bundles("here")}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runtime(tmp_path_factory.mktemp("lambda"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Tables and buckets that the functions' calls may meet: moto's, on a port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client_at("dynamodb", url).create_table(
        TableName="tallies",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client_at("s3", url).create_bucket(Bucket="cube-lake")
    try:
        yield url
    finally:
        server.stop()


def run(bundle: Bundle, runtime: Path, folder: Path, url: str, said: Mapping[str, Any]) -> Any:
    unpacked = unpack(bundle, folder)
    return start(unpacked, runtime, bundle.handler, said, local_aws_environment(url))[1]


def test_every_function_has_a_bundle_within_its_budget(made: dict[str, Bundle]) -> None:
    assert set(made) == set(handlers()) == set(budgets())
    for name, bundle in made.items():
        assert len(bundle.data) <= budgets()[name].bytes_max, name


def test_bundles_for_lambda_carry_its_machine_code() -> None:
    bundle = next(bundles("lambda"))
    names = zipfile.ZipFile(io.BytesIO(bundle.data)).namelist()
    native = [name for name in names if name.endswith(".so")]
    assert native
    assert all("cpython-313-aarch64" in name or "abi3" in name for name in native), native


def test_the_same_files_give_the_same_bytes_whenever_and_in_any_order(
    made: dict[str, Bundle],
) -> None:
    again = {each.logical_id: each.sha256 for each in bundles("here")}
    assert again == {name: bundle.sha256 for name, bundle in made.items()}
    assert archive_of({"b": b"1", "a": b"2"}) == archive_of({"a": b"2", "b": b"1"})
    assert archive_of({"a": b"1"}) != archive_of({"a": b"2"})


def test_a_bundle_holds_what_its_handler_imports_and_no_more(made: dict[str, Bundle]) -> None:
    names = set(zipfile.ZipFile(io.BytesIO(made["TransformFunction"].data)).namelist())
    assert {"firehose_transforms/handler.py", "core/row.py"} <= names
    assert not [name for name in names if name.startswith(("processors/", "boto", "tests/"))]
    load = set(zipfile.ZipFile(io.BytesIO(made["LoadFunction"].data)).namelist())
    assert {"sql/loads/merge.sql", "processors/load.py"} <= load
    assert "processors/fold.py" not in load


def test_what_no_bundle_carries_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").touch()
    (tmp_path / "core" / "heavy.py").write_text("def handle():\n    import pandas\n")
    monkeypatch.setattr(contents_module, "ROOT", tmp_path)
    with pytest.raises(Misconfigured, match=r"core\.heavy imports pandas"):
        contents_of("core.heavy.handle")
    with pytest.raises(Misconfigured, match=r"there is no module core\.gone"):
        contents_of("core.gone.handle")


def test_a_bundle_without_one_of_its_modules_does_not_start(
    made: dict[str, Bundle], runtime: Path, tmp_path: Path
) -> None:
    """A planted fault: what the closure forgets is missed here, not on AWS."""
    bundle = made["TransformFunction"]
    unpacked = unpack(bundle, tmp_path)
    (unpacked / "core" / "row.py").unlink()
    with pytest.raises(InvariantBroken, match=r"core\.row"):
        start(unpacked, runtime, bundle.handler, None, {})


def test_the_transform_starts_alone_and_answers_a_golden_event(
    made: dict[str, Bundle], runtime: Path, tmp_path: Path, endpoint: str
) -> None:
    said = event("firehose_event")
    answer = run(made["TransformFunction"], runtime, tmp_path, endpoint, said)
    asked = [record["recordId"] for record in said["records"]]
    assert [record["recordId"] for record in answer["records"]] == asked
    assert {record["result"] for record in answer["records"]} == {"Ok"}


def test_the_counting_function_starts_alone_and_counts_a_golden_event(
    made: dict[str, Bundle], runtime: Path, tmp_path: Path, endpoint: str
) -> None:
    """Its vote is on a poll that this table does not have: parked, in lake and ledger."""
    said = event("kinesis_event")
    answer = run(made["TallyFunction"], runtime, tmp_path, endpoint, said)
    assert answer == {"batchItemFailures": []}
    parked = client_at("s3", endpoint).list_objects_v2(Bucket="cube-lake")
    assert parked["KeyCount"] == len(said["Records"])


def test_the_dispatcher_starts_alone_and_names_the_record_that_nobody_takes(
    made: dict[str, Bundle], runtime: Path, tmp_path: Path, endpoint: str
) -> None:
    """There is no worker here: nothing is handed over, so the first record is named (B25)."""
    said = event("kinesis_event")
    answer = run(made["DispatchFunction"], runtime, tmp_path, endpoint, said)
    first = said["Records"][0]["kinesis"]["sequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": first}]}


@pytest.mark.parametrize(
    "name", ["WorkerFunction", "TrendFunction", "RollupFunction", "LoadFunction", "CompareFunction"]
)
def test_the_others_start_alone(
    name: str, made: dict[str, Bundle], runtime: Path, tmp_path: Path, endpoint: str
) -> None:
    bundle = made[name]
    took_ms, _ = start(
        unpack(bundle, tmp_path), runtime, bundle.handler, None, local_aws_environment(endpoint)
    )
    assert took_ms > 0


def test_this_machine_can_tell_the_two_platforms_apart(made: dict[str, Bundle]) -> None:
    """Where it could not, a bundle for here would prove nothing about imports."""
    names = zipfile.ZipFile(io.BytesIO(made["RollupFunction"].data)).namelist()
    native = [name for name in names if name.endswith(".so")]
    machine = {"arm64": "darwin", "aarch64": "aarch64"}.get(platform.machine(), platform.machine())
    assert any(machine in name for name in native), native
