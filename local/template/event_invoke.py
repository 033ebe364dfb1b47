"""AWS::Lambda::EventInvokeConfig in, functions that know how long they are tried out (B50, B52)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from core.errors import Misconfigured
from local.drawing import FunctionSpec
from local.template.value import FailureEnd, failure_end, whole

_LATEST: Final = "$LATEST"  # functions have no other version here
_RETRIES: Final = range(3)
_AGE_S: Final = range(60, 21_601)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvokeSpec:
    """What becomes of a function's asynchronous events when it fails."""

    logical_id: str
    function_name: str
    retries_max: int
    age_s_max: int
    failure: FailureEnd


def read_event_invoke(logical_id: str, name: str, values: Mapping[str, Any]) -> EventInvokeSpec:
    """Return the spec; raise ValueError for values that AWS would refuse."""
    if values["Qualifier"] != _LATEST:
        raise ValueError(f"Qualifier: the local engine has {_LATEST} only")
    return EventInvokeSpec(
        logical_id=logical_id,
        function_name=str(values["FunctionName"]).rpartition(":")[2],
        retries_max=_within(values, "MaximumRetryAttempts", 2, _RETRIES),
        age_s_max=_within(values, "MaximumEventAgeInSeconds", 21_600, _AGE_S),
        failure=failure_end(values),
    )


def configured(
    functions: Sequence[FunctionSpec], configs: Sequence[EventInvokeSpec]
) -> tuple[FunctionSpec, ...]:
    """Return the functions with their configurations; raise Misconfigured for one of none."""
    wanted: dict[str, EventInvokeSpec] = {}
    for config in configs:
        if config.function_name not in {function.name for function in functions}:
            raise Misconfigured(
                f"drawing {config.logical_id}: FunctionName leads to {config.function_name}, "
                "which is not drawn"
            )
        if config.function_name in wanted:
            raise Misconfigured(
                f"drawing {config.logical_id}: {config.function_name} has another one"
            )
        wanted[config.function_name] = config
    return tuple(_configured(function, wanted.get(function.name)) for function in functions)


def _configured(function: FunctionSpec, config: EventInvokeSpec | None) -> FunctionSpec:
    if config is None:
        return function
    return replace(
        function,
        async_retries_max=config.retries_max,
        async_age_s_max=config.age_s_max,
        async_failure_bucket=config.failure.bucket,
        async_failure_queue=config.failure.queue,
    )


def _within(values: Mapping[str, Any], name: str, default: int, allowed: range) -> int:
    value = whole(values, name, default)
    if value not in allowed:
        raise ValueError(f"{name} is {allowed[0]} to {allowed[-1]}, not {value}")
    return value
