"""Settings in, the properties file that the KCL's MultiLangDaemon reads out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.errors import Misconfigured

SHARD_MODULE: Final = "processors.kcl_shard"
MAKER_MODULE: Final = "processors.kcl_worker"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*\Z")

# What the daemon is told beside the places, each with its reason. The rest are the KCL's defaults.
CHOICES: Final[Mapping[str, tuple[str, str]]] = {
    "AwsCredentialsProvider": ("DefaultCredentialsProvider", "of the AWS SDK, in its order"),
    "initialPositionInStream": ("TRIM_HORIZON", "a vote that is there counts"),
    "retrievalMode": ("POLLING", "FANOUT costs more, and is for many consumers"),
    "idleTimeBetweenReadsInMillis": ("500", "a screen within 1 s; a shard gives 5 reads a second"),
    "maxRecords": ("1000", "bounds what one call brings: 10 MB, all of it in memory"),
    "metricsLevel": ("NONE", "CloudWatch has the stream's own iterator age"),
    "shardSyncIntervalMillis": ("5000", "a new application sleeps this long before it reads"),
    "shutdownGraceMillis": ("20000", "shards save their position on SIGTERM; ECS gives 30 s"),
    "logWarningForTaskAfterMillis": ("30000", "a shard that stands still says so"),
    "skipShardSyncAtWorkerInitializationIfLeasesExist": (
        "true",
        "else parts of an aggregate outside the shard's hash range are dropped unseen",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlaces:
    """Where a worker reads and where its leases are; None: as AWS's own rules find it."""

    stream: str
    application: str
    region: str
    python: str
    kinesis_endpoint: str | None = None
    leases_endpoint: str | None = None
    changes: Mapping[str, str] = field(default_factory=dict)


def properties_text(places: WorkerPlaces) -> str:
    """Return the file; raise Misconfigured for what such a file, or the daemon, cannot hold."""
    if re.search(r"\s", places.python):
        raise Misconfigured(f"writing properties: the daemon splits {places.python!r} at blanks")
    lines = [
        f"# For the KCL's MultiLangDaemon. Made by `python -m {MAKER_MODULE} --write`.",
        _line("executableName", f"{places.python} -m {SHARD_MODULE}"),
        _line("streamName", places.stream),
        _line("applicationName", places.application),
        _line("regionName", places.region),
    ]
    if places.kinesis_endpoint is not None:
        lines.append(_line("kinesisEndpoint", places.kinesis_endpoint))
    if places.leases_endpoint is not None:
        lines.append(_line("dynamoDBEndpoint", places.leases_endpoint))
    for name, (value, reason) in CHOICES.items():
        if name not in places.changes:
            lines += [f"# {reason}", _line(name, value)]
    lines += [_line(name, value) for name, value in places.changes.items()]
    return "\n".join(lines) + "\n"


def _line(name: str, value: str) -> str:
    """Return one property as java.util.Properties reads it back."""
    if not _NAME.match(name):
        raise Misconfigured(f"writing properties: {name!r} is no property's name")
    if not value.isprintable() or not value.strip():
        raise Misconfigured(f"writing properties: {name} is {value!r}")
    return f"{name} = {''.join(map(_escaped, value.strip()))}"


def _escaped(character: str) -> str:
    if character.isascii():
        return "\\\\" if character == "\\" else character
    units = character.encode("utf-16-be")
    return "".join(
        f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True)
    )
