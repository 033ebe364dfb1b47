"""An endpoint in, the stream client that producers put votes with out."""

from pathlib import Path
from typing import Any

from core.clients import StreamClient
from local.cli.clients import endpoint, environment
from local.supervise.children import local_aws_environment
from producers.put_body import DirectPut


def put_client(data: Path) -> StreamClient:
    """Return a client for the engine that runs in `data`, or the endpoint the environment names.

    It tries once: the publisher is the one that retries, the same bytes under the same number.
    """
    return put_client_at(endpoint(data))


def put_client_at(endpoint_url: str) -> StreamClient:
    import boto3
    from botocore.config import Config

    defaults = local_aws_environment(endpoint_url)
    given = environment()

    def value(name: str) -> str:
        return given.get(name) or defaults[name]

    config = Config(
        connect_timeout=2,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 1},
        parameter_validation=False,
        tcp_keepalive=True,
        max_pool_connections=4,
    )
    client: Any = boto3.client(  # noqa: TID251 - the CLI is an entry point
        "kinesis",
        endpoint_url=endpoint_url,
        region_name=value("AWS_DEFAULT_REGION"),
        aws_access_key_id=value("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=value("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=given.get("AWS_SESSION_TOKEN"),
        config=config,
    )
    return DirectPut(client)
