"""A data folder or AWS_ENDPOINT_URL in, boto3 clients out: the one place of the CLI that builds."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.errors import NotRunning
from core.settings import Settings
from local.cloud import AWS_ITSELF, STACK
from local.supervise.children import local_aws_environment
from local.supervise.folder import DataFolder
from local.supervise.instance import Instance

_ATTEMPTS: Final = 6  # an engine that was killed is back in a few seconds: ask until then
_READ_TIMEOUT_S: Final = 30  # a busy engine's slowest answer


def environment() -> Mapping[str, str]:
    return os.environ  # noqa: TID251 - the CLI is an entry point


def settings() -> Settings:
    return Settings.from_env(environment())


def endpoint(data: Path) -> str:
    """Return AWS_ENDPOINT_URL, or the endpoint of what runs in `data`; raise NotRunning.

    With `cube --cloud` it is AWS's own: "".
    """
    named = environment().get("AWS_ENDPOINT_URL")
    if named:
        return named
    if environment().get(STACK):
        return AWS_ITSELF
    instance = Instance.read(DataFolder(data))
    if instance is None:
        raise NotRunning(f"looking for the engine: nothing runs in {data}")
    return instance.endpoint


def client(service: str, data: Path) -> Any:
    """Return a boto3 client of the local engine, or of the endpoint the environment names."""
    return client_at(service, endpoint(data))


def client_at(
    service: str,
    endpoint_url: str,
    *,
    attempts: int = _ATTEMPTS,
    read_timeout_s: int = _READ_TIMEOUT_S,
) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=16,
    )
    return boto3.client(  # noqa: TID251 - the CLI is an entry point
        service, config=config, **whereabouts(endpoint_url)
    )


def whereabouts(endpoint_url: str) -> dict[str, Any]:
    """Return what boto3 must be told of an endpoint; of AWS's own nothing: it has its own ways."""
    if endpoint_url == AWS_ITSELF:
        return {}
    defaults = local_aws_environment(endpoint_url)
    given = environment()

    def value(name: str) -> str:
        return given.get(name) or defaults[name]

    return {
        "endpoint_url": endpoint_url,
        "region_name": value("AWS_DEFAULT_REGION"),
        "aws_access_key_id": value("AWS_ACCESS_KEY_ID"),
        "aws_secret_access_key": value("AWS_SECRET_ACCESS_KEY"),
        "aws_session_token": given.get("AWS_SESSION_TOKEN"),
    }
