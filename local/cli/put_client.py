"""An endpoint in, the stream client that producers put votes with out."""

from pathlib import Path
from typing import Any, Final

from core.clients import StreamClient
from local.cli.clients import endpoint, whereabouts
from producers.put_body import DirectPut

_READ_TIMEOUT_S: Final = 10  # a connection that died silently holds every lane up for so long


def put_client(data: Path) -> StreamClient:
    """Return a client for the engine that runs in `data`, or the endpoint the environment names.

    It tries once: the publisher is the one that retries, the same bytes under the same number.
    """
    return put_client_at(endpoint(data))


def put_client_at(endpoint_url: str) -> StreamClient:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 1},
        parameter_validation=False,
        tcp_keepalive=True,
        max_pool_connections=4,
    )
    client: Any = boto3.client(  # noqa: TID251 - the CLI is an entry point
        "kinesis", config=config, **whereabouts(endpoint_url)
    )
    return DirectPut(client)
