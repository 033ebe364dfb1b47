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
    wanted = list(parts)
    for part in wanted:  # all of them, before any is switched
        check_part(part, outputs)
    for part in wanted:
        if part in _MAPPINGS:
            uuid = outputs[_MAPPINGS[part]]
            functions.update_event_source_mapping(UUID=uuid, Enabled=on)
            yield f"{part}: event source mapping {uuid} is being {word}"
        for name in _SCHEDULES.get(part, ()):
            found = scheduler.get_schedule(Name=outputs[name])
            kept = {key: found[key] for key in _KEPT if key in found}
            scheduler.update_schedule(**kept, State="ENABLED" if on else "DISABLED")
            yield f"{part}: schedule {kept['Name']} is {word}"


def has_part(part: str, outputs: Mapping[str, str]) -> bool:
    """Return whether a stack has a part: one without a warehouse has no loads."""
    return all(name in outputs for name in _outputs_of(part))


def check_part(part: str, outputs: Mapping[str, str]) -> None:
    """Raise UsageError for a part that the stack has not."""
    if not has_part(part, outputs):
        missing = ", ".join(name for name in _outputs_of(part) if name not in outputs)
        raise UsageError(f"switching {part}: the stack has none (no output {missing})")


def _outputs_of(part: str) -> tuple[str, ...]:
    return (_MAPPINGS[part],) if part in _MAPPINGS else _SCHEDULES[part]
