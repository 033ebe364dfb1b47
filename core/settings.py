"""The environment in, settings out: one table, read once at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from core.errors import Misconfigured


def _setting(help_text: str, default: str | None = None, *, secret: bool = False) -> Any:
    metadata = {"help": help_text, "required": default is None}
    if default is None:
        return field(metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are; every name comes from the environment, as `CUBE_` and the field's name."""

    stream: str = _setting("Kinesis stream that votes are put on.", "votes")
    tally_table: str = _setting("DynamoDB table of tallies, lanes, ledger and polls.", "tallies")
    trend_table: str = _setting("DynamoDB table of trends.", "trends")
    lake_bucket: str = _setting("S3 bucket of parked and failed records and the lake.", "cube-lake")
    worker_function: str = _setting(
        "Lambda function that the dispatcher hands chunks to, in fan-out mode.", "worker"
    )
    outbox: str = _setting("Folder of the producer's outbox.", ".cube/outbox")
    poll: str = _setting("Poll that commands and pages use when none is named.", "cube")
    warehouse_api: str = _setting(
        "How to reach the warehouse: driver (redshift_connector), data-api, or none.", "driver"
    )
    warehouse_host: str = _setting("Host of the warehouse, for the driver.", "127.0.0.1")
    warehouse_port: str = _setting("Port of the warehouse, for the driver.", "5439")
    warehouse_tls: str = _setting("TLS to the warehouse: on or off, for the driver.", "off")
    warehouse_database: str = _setting("Database of the warehouse.", "votes")
    warehouse_user: str = _setting("User of the warehouse, for the driver.", "cube")
    warehouse_password: str = _setting(
        "Password of that user, for the driver.", "cube", secret=True
    )
    warehouse_workgroup: str = _setting("Redshift Serverless workgroup, for the data-api.", "cube")
    copy_role: str = _setting("IAM role that COPY reads the lake with.", "default")
    history_load: str = _setting(
        "Who copies rows into the warehouse: scheduled or firehose.", "scheduled"
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read every setting; raise Misconfigured naming all that are missing at once."""
        values: dict[str, str] = {}
        missing: list[str] = []
        for setting in fields(cls):
            name = env_name(setting.name)
            if env.get(name):
                values[setting.name] = env[name]
            elif setting.metadata["required"]:
                missing.append(name)
        if missing:
            raise Misconfigured(f"reading settings: {', '.join(missing)} not set")
        return cls(**values)

    def to_env(self) -> dict[str, str]:
        """Return the environment that `from_env` reads these settings back from."""
        return {env_name(setting.name): getattr(self, setting.name) for setting in fields(self)}


def env_name(setting: str) -> str:
    return f"CUBE_{setting.upper()}"
