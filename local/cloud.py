"""A deployed stack's outputs in, the environment in which `cube` speaks to that stack out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from core.errors import StackUnknown, UsageError
from core.settings import env_name

STACK: Final = "CUBE_CLOUD_STACK"  # set: commands speak to AWS, not to an engine
STAGE: Final = "CUBE_CLOUD_STAGE"
COUNTER: Final = "CUBE_CLOUD_COUNTER"
DELIVERY: Final = "CUBE_CLOUD_DELIVERY"
PRODUCTION: Final = "prod"
AWS_ITSELF: Final = ""  # the endpoint that means: AWS's own, with the usual credentials
# Commands that mean the same on AWS; the others are about a machine's own engine.
COMMANDS: Final = frozenset(
    {
        "load", "vote", "replay", "poll", "tally", "query", "check", "recover", "dashboard",
        "pause", "resume", "trace", "forget",
    }
)  # fmt: skip
LOADS: Final = frozenset({"load", "replay"})
# Output of the stack -> setting.
_SETTINGS: Final = {
    "StreamName": "stream",
    "TallyTable": "tally_table",
    "TrendTable": "trend_table",
    "LakeBucket": "lake_bucket",
    "WarehouseWorkgroup": "warehouse_workgroup",
    "WarehouseDatabase": "warehouse_database",
    "CopyRoleArn": "copy_role",
}
_REQUIRED: Final = ("StreamName", "TallyTable", "LakeBucket", "CountingFunction")


def environment_of(
    stack: str, identity: str, outputs: Mapping[str, str], home: Path
) -> dict[str, str]:
    """Return the variables that name a stack's resources; raise StackUnknown for another stack's.

    Outboxes lie below `home`, apart from the desk's and from those of a deleted stack of the same
    name: their batches belong to this stack's stream.
    """
    missing = [name for name in _REQUIRED if name not in outputs]
    if missing:
        raise StackUnknown(
            f"reading stack {stack}: it has no output {', '.join(missing)}, so it is not a "
            "Colour Cube"
        )
    named = {
        env_name(setting): outputs[output]
        for output, setting in _SETTINGS.items()
        if output in outputs
    }
    api = "data-api" if "WarehouseWorkgroup" in outputs else "none"
    return named | {
        env_name("warehouse_api"): api,
        "CUBE_DATA": str(home / "cloud" / f"{stack}-{identity}"),
        STACK: stack,
        STAGE: outputs.get("Stage", ""),
        COUNTER: outputs["CountingFunction"],
        DELIVERY: outputs.get("DeliveryStreamName", ""),
    }


def check_command(command: str) -> None:
    """Raise UsageError for a command that is about a machine's own engine."""
    if command not in COMMANDS:
        raise UsageError(
            f"reading options: `{command}` is about this machine; --cloud goes with "
            f"{', '.join(sorted(COMMANDS))}"
        )


def needs_consent(command: str, stage: str) -> bool:
    """Return whether a command would put load on what is marked as production."""
    return command in LOADS and stage == PRODUCTION
