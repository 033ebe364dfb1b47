"""A request in, the service it is for out, by target, by path or by the credential's scope."""

import re
from typing import Final
from urllib.parse import unquote

from local.wire.message import Request

CUBE: Final = "_cube"
METRICS: Final = "metrics"
LAMBDA_PATH: Final = "/2015-03-31/functions/"

# What AWS calls each API in X-Amz-Target; the part behind the dot is the operation.
TARGET_SERVICES: Final = {
    "Kinesis_20131202": "kinesis",
    "DynamoDB_20120810": "dynamodb",
    "Firehose_20150804": "firehose",
    "RedshiftData": "redshift-data",
    "AmazonSQS": "sqs",
}
_SCOPE: Final = re.compile(r"Credential=[^,/]+/\d{8}/[^,/]*/([a-z0-9-]+)/aws4_request")


def service_of(request: Request) -> str:
    """Return the service's name: `kinesis`, `s3`, `_cube` ..., or whatever the client named."""
    target = request.headers.get("x-amz-target")
    if target is not None:
        prefix = target.partition(".")[0]
        return TARGET_SERVICES.get(prefix) or _scope(request) or prefix or "(no name)"
    if request.path.startswith("/_cube/"):
        return CUBE
    if request.path.startswith(LAMBDA_PATH):
        return "lambda"
    if is_scrape(request):
        return METRICS
    return _scope(request) or "s3"  # curl and browsers send no credentials: they want an object


def is_scrape(request: Request) -> bool:
    """Return whether somebody reads the metrics: a bucket of that name is asked for with a name."""
    signed = "authorization" in request.headers or "X-Amz-" in request.query
    return request.path == "/metrics" and request.method in ("GET", "HEAD") and not signed


def _scope(request: Request) -> str | None:
    text = request.headers.get("authorization", "")
    if not text:
        text = unquote(request.query).replace("X-Amz-Credential=", "Credential=")
    match = _SCOPE.search(text)
    return match[1] if match else None
