"""Options of `cube up` in, what to run with which environment out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.settings import Settings
from local.supervise.child import ChildSpec
from local.supervise.folder import DataFolder

_ENGINE_READY_PATH = "/_cube/readyz"
_DASHBOARD_READY_PATH = "/readyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """What `cube up` was asked for; `dashboard_port` None: without a dashboard."""

    data: Path
    aws_port: int = 4566
    dashboard_port: int | None = 8050
    shards: int | None = None
    max_disk_bytes: int | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"


def child_specs(
    options: UpOptions, folder: DataFolder, environment: Mapping[str, str]
) -> list[ChildSpec]:
    """Return the engine and, if wanted, the dashboard."""
    shared = {
        **environment,
        **Settings.from_env(environment).to_env(),
        **local_aws_environment(options.endpoint),
        "PYTHONUNBUFFERED": "1",
    }
    arguments = ["--data", str(folder.root), "--aws-port", str(options.aws_port)]
    if options.shards is not None:
        arguments += ["--shards", str(options.shards)]
    if options.max_disk_bytes is not None:
        arguments += ["--max-disk-bytes", str(options.max_disk_bytes)]
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
    if options.dashboard_port is not None:
        specs.append(
            ChildSpec(
                name="dashboard",
                module="dashboard",
                arguments=("--port", str(options.dashboard_port)),
                environment=shared,
                port=options.dashboard_port,
                ready_path=_DASHBOARD_READY_PATH,
            )
        )
    return specs


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
