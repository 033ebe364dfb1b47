"""Numbers and facts of one call in, a log line that CloudWatch makes metrics of out.

The line is CloudWatch's embedded metric format: no call, no client, and on a desk it is a log line.
"""

from collections.abc import Mapping
from typing import Final

from core.log import write_event

NAMESPACE: Final = "ColourCube"


def write_metrics(
    event: str, metrics: Mapping[str, int], *, function_name: str, now_ms: int, **facts: object
) -> None:
    """Write one line: an event with its facts, and numbers by name as metrics of the function.

    A name that ends in `Ms` is a time, every other one a count.
    """
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": unit_of(name)} for name in metrics],
    }
    root = {"_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [described]}}
    write_event(event, **root, FunctionName=function_name, **metrics, **facts)


def unit_of(name: str) -> str:
    """Return the unit of a metric, in CloudWatch's words."""
    return "Milliseconds" if name.endswith("Ms") else "Count"
