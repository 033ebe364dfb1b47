"""A template in, functions without a log, and events that would vanish when they fail, out."""

from collections.abc import Iterator

from infra.gates.drawn import Drawn, cases, targets
from infra.gates.finding import Finding


def check_logs(drawn: Drawn) -> Iterator[Finding]:
    """Find functions and containers that log to no group of the template, and endless groups."""
    groups = {name for name, _ in drawn.of_kind("AWS::Logs::LogGroup")}
    for name, function in drawn.of_kind("AWS::Lambda::Function"):
        if not targets(function.get("LoggingConfig", {}).get("LogGroup")) & groups:
            yield Finding("own", "log", name, "logs to no group of the template")
    for name, task in drawn.of_kind("AWS::ECS::TaskDefinition"):
        for container in task["ContainerDefinitions"]:
            options = container.get("LogConfiguration", {}).get("Options", {})
            if not targets(options.get("awslogs-group")) & groups:
                yield Finding("own", "log", name, "logs to no group of the template")
    for name, group in drawn.of_kind("AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group:
            yield Finding("own", "log", name, "is kept for ever")


def check_failures(drawn: Drawn) -> Iterator[Finding]:
    """Find mappings, schedules and asynchronous functions that drop what they give up."""
    for name, mapping in drawn.of_kind("AWS::Lambda::EventSourceMapping"):
        if not _failure(mapping):
            yield Finding("own", "failure", name, "drops what it gives up")
    for name, schedule in drawn.of_kind("AWS::Scheduler::Schedule"):
        if not targets(schedule["Target"].get("DeadLetterConfig")):
            yield Finding("own", "failure", name, "drops runs that it cannot start")
    configured = {
        function
        for _, config in drawn.of_kind("AWS::Lambda::EventInvokeConfig")
        if _failure(config)
        for function in targets(config["FunctionName"])
    }
    for function in sorted(called_asynchronously(drawn) - configured):
        yield Finding("own", "failure", function, "its asynchronous events vanish when they fail")


def called_asynchronously(drawn: Drawn) -> set[str]:
    """Return the functions that schedules call, and those that other functions' settings name."""
    functions = dict(drawn.of_kind("AWS::Lambda::Function"))
    found: set[str] = set()
    for _, schedule in drawn.of_kind("AWS::Scheduler::Schedule"):
        found |= targets(schedule["Target"]["Arn"]) & functions.keys()
    for function in functions.values():
        found |= targets(function.get("Environment", {})) & functions.keys()
    return found


def _failure(config: object) -> set[str]:
    assert isinstance(config, dict)
    return targets(cases(config.get("DestinationConfig", {}).get("OnFailure")))
