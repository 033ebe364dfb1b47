"""A template in, alarms that tell nobody, or watch what nobody publishes, out.

A metric exists if AWS lists it (metrics.toml), a function of ours writes it (core/metric.py), or a
filter of the template makes it of log lines that our code writes.
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
from infra.gates.drawn import ROOT, Drawn, Properties
from infra.gates.finding import Finding

_LISTED: Final = Path(__file__).with_name("metrics.toml")
_STAGES: Final = ("processors", "firehose_transforms", "producers", "dashboard", "core")
_FIELD: Final = re.compile(r"\$\.([a-z_]+)")


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
    known = _listed() | _written() | {metric for metric, _ in _filtered(drawn)}
    for name, metric in _watched(drawn):
        if metric not in known:
            at = ", ".join(sorted(metric.dimensions)) or "nothing"
            text = f"nobody publishes {metric.namespace} {metric.name} by {at}"
            yield Finding("own", "metric", name, text)
    fields = _logged()
    for metric, properties in _filtered(drawn):
        for field in _FIELD.findall(str(properties)):
            if field not in fields:
                text = f"no log line has {field}, so {metric.name} has no value"
                yield Finding("own", "metric", metric.name, text)


def _watched(drawn: Drawn) -> Iterator[tuple[str, Metric]]:
    for name, alarm in drawn.of_kind("AWS::CloudWatch::Alarm"):
        stats = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if _stat(each)]
        for metric in stats or [alarm]:
            by = frozenset(each["Name"] for each in metric.get("Dimensions", []))
            yield name, Metric(_text(metric["Namespace"]), metric["MetricName"], by)
    for name, overview in drawn.of_kind("AWS::CloudWatch::Dashboard"):
        for widget in json.loads(_text(overview["DashboardBody"]))["widgets"]:
            for row in widget["properties"].get("metrics", []):
                words = [word for word in row if isinstance(word, str)]
                yield name, Metric(words[0], words[1], frozenset(words[2::2]))


def _stat(each: Mapping[str, Any]) -> bool:
    return "MetricStat" in each


def _text(value: Any) -> str:
    """Return a text as the template has it, `${...}` and all."""
    if not isinstance(value, Mapping):
        return str(value)
    text = value["Fn::Sub"]
    return str(text[0] if isinstance(text, list) else text)


def _filtered(drawn: Drawn) -> Iterator[tuple[Metric, Properties]]:
    for _, properties in drawn.of_kind("AWS::Logs::MetricFilter"):
        for made in properties["MetricTransformations"]:
            by = frozenset(each["Key"] for each in made.get("Dimensions", []))
            yield Metric(_text(made["MetricNamespace"]), made["MetricName"], by), properties


@cache
def _listed() -> frozenset[Metric]:
    listed: dict[str, list[dict[str, Any]]] = tomllib.loads(_LISTED.read_text())
    return frozenset(
        Metric(namespace, name, frozenset(group["dimensions"]))
        for namespace, groups in listed.items()
        for group in groups
        for name in group["names"]
    )


@cache
def _written() -> frozenset[Metric]:
    """Return the metrics that our handlers write: the second argument of write_metrics."""
    found: set[Metric] = set()
    for call in _calls("write_metrics"):
        for named in (node for node in ast.walk(call.args[1]) if isinstance(node, ast.Dict)):
            for key in named.keys:
                assert isinstance(key, ast.Constant), "a metric's name stands in the source"
                found.add(Metric(NAMESPACE, str(key.value), frozenset({"FunctionName"})))
    return frozenset(found)


@cache
def _logged() -> frozenset[str]:
    """Return the fields of our log lines."""
    calls = [*_calls("write_event"), *_calls("write_metrics")]
    return frozenset(word.arg for call in calls for word in call.keywords if word.arg)


def _calls(function: str) -> Iterator[ast.Call]:
    for stage in _STAGES:
        for path in sorted((ROOT / stage).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == function
                    and path.name != "metric.py"
                ):
                    yield node
