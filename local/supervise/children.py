"""Options of `cube up` in, what to run with which environment out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.settings import Settings, env_name
from local.supervise.child import ChildSpec
from local.supervise.folder import DataFolder
from local.supervise.port import LOCALHOST

_ENGINE_READY_PATH = "/_cube/readyz"
_READY_PATH = "/readyz"
_SQL: Final = Path(__file__).resolve().parents[2] / "sql"
_SCHEMAS: Final = (_SQL / "ddl", _SQL / "views")  # made, in this order, before it is ready


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """What `cube up` was asked for; `dashboard_port` None: without a dashboard.

    `warehouse_port` None: the live path alone, without delivery to the lake, loads and warehouse.
    """

    data: Path
    aws_port: int = 4566
    dashboard_port: int | None = 8050
    warehouse_port: int | None = 5439
    shards: int | None = None
    mode: str | None = None
    parallelization_factor: int | None = None
    max_disk_bytes: int | None = None
    trend: bool = True

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"


def child_specs(
    options: UpOptions, folder: DataFolder, environment: Mapping[str, str]
) -> list[ChildSpec]:
    """Return the engine and, if wanted, the warehouse and the dashboard."""
    shared = {
        **environment,
        **Settings.from_env(environment).to_env(),
        **local_aws_environment(options.endpoint),
        **local_warehouse_environment(options.warehouse_port),
        "PYTHONUNBUFFERED": "1",
    }
    arguments = ["--data", str(folder.root), "--aws-port", str(options.aws_port)]
    if options.shards is not None:
        arguments += ["--shards", str(options.shards)]
    if options.mode is not None:
        arguments += ["--mode", options.mode]
    if options.parallelization_factor is not None:
        arguments += ["--parallelization-factor", str(options.parallelization_factor)]
    if options.max_disk_bytes is not None:
        arguments += ["--max-disk-bytes", str(options.max_disk_bytes)]
    if options.warehouse_port is not None:
        arguments += ["--warehouse-port", str(options.warehouse_port)]
    if not options.trend:
        arguments.append("--no-trend")
    specs = [
        ChildSpec(
            name="engine",
            module="local.engine",
            arguments=tuple(arguments),
            environment=shared,
            port=options.aws_port,
            ready_path=_ENGINE_READY_PATH,
        )
    ]
    if options.warehouse_port is not None:
        specs.append(_warehouse(options, options.warehouse_port, folder, shared))
    if options.dashboard_port is not None:
        specs.append(
            ChildSpec(
                name="dashboard",
                module="dashboard",
                arguments=("--port", str(options.dashboard_port)),
                environment=shared,
                port=options.dashboard_port,
                ready_path=_READY_PATH,
            )
        )
    return specs


def _warehouse(
    options: UpOptions, port: int, folder: DataFolder, environment: Mapping[str, str]
) -> ChildSpec:
    arguments = ["--data", str(folder.root), "--port", str(port)]
    arguments += ["--s3-endpoint", options.endpoint]
    for schema in _SCHEMAS:
        arguments += ["--schema", str(schema)]
    return ChildSpec(
        name="warehouse",
        module="local.warehouse",
        arguments=tuple(arguments),
        environment=environment,
        port=port,
        ready_path=_READY_PATH,
    )


def local_aws_environment(endpoint: str) -> dict[str, str]:
    """Return what any AWS SDK needs to speak to the local engine: credentials are not checked."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def local_warehouse_environment(port: int | None) -> dict[str, str]:
    """Return where the local warehouse is, or that there is none, for who reads core.settings."""
    if port is None:
        return {env_name("warehouse_api"): "none"}
    return {
        env_name("warehouse_api"): "driver",
        env_name("warehouse_host"): LOCALHOST,
        env_name("warehouse_port"): str(port),
        env_name("warehouse_tls"): "off",
    }


def warehouse_url(port: int | None, settings: Settings) -> str | None:
    """Return the warehouse's connection string, without the password; None without one."""
    if port is None:
        return None
    return (
        f"postgresql://{settings.warehouse_user}@{LOCALHOST}:{port}/{settings.warehouse_database}"
    )
