"""What `cube up` starts, with which words and which environment."""

from pathlib import Path

from core.settings import Settings
from local.supervise.children import UpOptions, child_specs, warehouse_url
from local.supervise.folder import DataFolder


def test_the_engine_the_warehouse_and_the_dashboard_start_side_by_side(tmp_path: Path) -> None:
    options = UpOptions(data=tmp_path, aws_port=1, dashboard_port=2, warehouse_port=3)
    specs = {spec.name: spec for spec in child_specs(options, DataFolder(tmp_path), {})}
    assert {name: spec.port for name, spec in specs.items()} == {
        "engine": 1,
        "warehouse": 3,
        "dashboard": 2,
    }
    engine = " ".join(specs["engine"].arguments)
    assert engine == f"--data {tmp_path} --aws-port 1 --warehouse-port 3"
    warehouse = specs["warehouse"].arguments
    assert warehouse[:6] == (
        *("--data", str(tmp_path)),
        *("--port", "3"),
        *("--s3-endpoint", "http://127.0.0.1:1"),
    )
    folders = [Path(each) for each in warehouse[7::2]]
    assert [folder.name for folder in folders] == ["ddl", "views"]
    assert all(folder.is_dir() for folder in folders)


def test_every_child_is_told_where_the_warehouse_is(tmp_path: Path) -> None:
    """Whatever the shell says: it may mean a warehouse on AWS."""
    environment = {
        "CUBE_WAREHOUSE_API": "data-api",
        "CUBE_WAREHOUSE_HOST": "far",
        "CUBE_WAREHOUSE_TLS": "on",
        "PATH": "/bin",
    }
    options = UpOptions(data=tmp_path, warehouse_port=3)
    for spec in child_specs(options, DataFolder(tmp_path), environment):
        settings = Settings.from_env(spec.environment)
        place = (settings.warehouse_host, settings.warehouse_port, settings.warehouse_tls)
        assert place == ("127.0.0.1", "3", "off")
        assert settings.warehouse_api == "driver"
        assert spec.environment["PATH"] == "/bin"


def test_without_history_there_is_no_warehouse(tmp_path: Path) -> None:
    options = UpOptions(data=tmp_path, dashboard_port=None, warehouse_port=None)
    (engine,) = child_specs(options, DataFolder(tmp_path), {})
    assert "--warehouse-port" not in engine.arguments
    assert Settings.from_env(engine.environment).warehouse_api == "none"
    assert warehouse_url(None, Settings()) is None


def test_the_connection_string_has_no_password() -> None:
    settings = Settings(warehouse_user="me", warehouse_database="mine", warehouse_password="secret")
    assert warehouse_url(5439, settings) == "postgresql://me@127.0.0.1:5439/mine"
