"""A stack's outputs and parts in, their mappings and schedules disabled or enabled on AWS out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from core.errors import UsageError

_MAPPINGS: Final = {"counting": "TallyMappingId", "trend": "TrendMappingId"}
_SCHEDULES: Final = {"loads": ("LoadScheduleName", "CompareScheduleName")}
# What UpdateSchedule takes of what GetSchedule says: it forgets whatever is left out.
_KEPT: Final = (
    "Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate",
    "EndDate", "Description", "KmsKeyArn", "Target", "FlexibleTimeWindow",
)  # fmt: skip


def switch(
    parts: Iterable[str],
    outputs: Mapping[str, str],
    *,
    functions: Any,
    scheduler: Any,
    on: bool,
) -> Iterator[str]:
    """Enable or disable each part by the clients of Lambda and Scheduler; yield what was done."""
    word = "enabled" if on else "disabled"
    for part in parts:
        if part in _MAPPINGS:
            uuid = _output(outputs, _MAPPINGS[part], part)
            functions.update_event_source_mapping(UUID=uuid, Enabled=on)
            yield f"{part}: event source mapping {uuid} is being {word}"
        for name in _SCHEDULES.get(part, ()):
            found = scheduler.get_schedule(Name=_output(outputs, name, part))
            kept = {key: found[key] for key in _KEPT if key in found}
            scheduler.update_schedule(**kept, State="ENABLED" if on else "DISABLED")
            yield f"{part}: schedule {kept['Name']} is {word}"


def _output(outputs: Mapping[str, str], name: str, part: str) -> str:
    if name not in outputs:
        raise UsageError(f"pausing {part}: the stack has none (no output {name})")
    return outputs[name]
