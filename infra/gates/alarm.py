"""A template in, alarms that tell nobody, or watch what nobody publishes, out.

A metric exists if AWS lists it (metrics.toml), or a function of ours writes it (core/metric.py).
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.metric import NAMESPACE
from infra.gates.calls import modules_of
from infra.gates.drawn import Drawn, targets
from infra.gates.finding import Finding

_LISTED: Final = Path(__file__).with_name("metrics.toml")
_NAME: Final = re.compile(r"[A-Z][A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's full name; two with different dimensions are two metrics."""

    namespace: str
    name: str
    dimensions: frozenset[str]


def check_alarms(drawn: Drawn) -> Iterator[Finding]:
    """Find alarms without an action, a description, or a word on missing data."""
    for name, alarm in drawn.of_kind("AWS::CloudWatch::Alarm"):
        for wanted in ("AlarmActions", "AlarmDescription", "TreatMissingData"):
            if not alarm.get(wanted):
                yield Finding("own", "alarm", name, f"has no {wanted}")
        if alarm.get("ActionsEnabled") in (False, "false"):
            yield Finding("own", "alarm", name, "its actions are switched off")


def check_metrics(drawn: Drawn) -> Iterator[Finding]:
    """Find metrics that nobody publishes, in alarms and on the overview."""
    functions = dict(drawn.of_kind("AWS::Lambda::Function"))
    for name, metric, values in _watched(drawn):
        if metric.namespace == NAMESPACE:
            writers = [functions[each]["Handler"] for each in targets(values) & functions.keys()]
            known = metric.dimensions == {"FunctionName"} and bool(writers)
            known = known and all(
                metric.name in written_by(each.rpartition(".")[0]) for each in writers
            )
        else:
            known = metric in _listed()
        if not known:
            by = ", ".join(sorted(metric.dimensions)) or "nothing"
            text = f"nobody publishes {metric.namespace} {metric.name} by {by}"
            yield Finding("own", "metric", name, text)


def _watched(drawn: Drawn) -> Iterator[tuple[str, Metric, Any]]:
    """Yield who watches, the metric, and its dimensions' values."""
    for name, alarm in drawn.of_kind("AWS::CloudWatch::Alarm"):
        stats = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if _stat(each)]
        for metric in stats or [alarm]:
            given = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
            full = Metric(_text(metric["Namespace"]), metric["MetricName"], frozenset(given))
            yield name, full, list(given.values())
    for name, overview in drawn.of_kind("AWS::CloudWatch::Dashboard"):
        _, values = overview["DashboardBody"]["Fn::Sub"]
        for widget in json.loads(_text(overview["DashboardBody"]))["widgets"]:
            for row in widget["properties"].get("metrics", []):
                words = [word for word in row if isinstance(word, str)]
                ends = [values.get(word[2:-1], {"Ref": word[2:-1]}) for word in words[3::2]]
                yield name, Metric(words[0], words[1], frozenset(words[2::2])), ends


def _stat(each: Mapping[str, Any]) -> bool:
    return "MetricStat" in each


def _text(value: Any) -> str:
    """Return a text as the template has it, `${...}` and all."""
    if not isinstance(value, Mapping):
        return str(value)
    text = value["Fn::Sub"]
    return str(text[0] if isinstance(text, list) else text)


@cache
def _listed() -> frozenset[Metric]:
    listed: dict[str, list[dict[str, Any]]] = tomllib.loads(_LISTED.read_text())
    return frozenset(
        Metric(namespace, name, frozenset(group["dimensions"]))
        for namespace, groups in listed.items()
        for group in groups
        for name in group["names"]
    )


def written_by(module: str) -> frozenset[str]:
    """Return the metrics that a function writes, by the dictionaries called metrics it reaches."""
    return frozenset().union(*map(_written_in, modules_of(module)))


@cache
def _written_in(path: Path) -> frozenset[str]:
    keys = _keys(ast.parse(path.read_text()))
    texts = (str(key.value) for key in keys if isinstance(key, ast.Constant))
    return frozenset(text for text in texts if _NAME.fullmatch(text))


def _keys(tree: ast.Module) -> Iterator[ast.expr | None]:
    """Yield keys of what is handed to write_metrics or a call's end, and of what is `metrics`."""
    for node in ast.walk(tree):
        holders: list[ast.AST] = []
        if isinstance(node, ast.Call) and _named(node.func) in {"write_metrics", "end"}:
            holders += node.args[1:2]
        elif isinstance(node, ast.FunctionDef) and node.name == "metrics":
            holders += node.body
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and _named(target.value) == "metrics":
                    yield target.slice
                elif _named(target) == "metrics":
                    holders.append(node.value)
        for holder in holders:
            for inner in ast.walk(holder):
                if isinstance(inner, ast.Dict):
                    yield from inner.keys


def _named(node: ast.expr) -> str:
    """Return the last word of a name: `end` of `call.end`."""
    return str(getattr(node, "attr", getattr(node, "id", "")))
