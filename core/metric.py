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
    """Write one line: an event with its facts, and counts by name as metrics of the function."""
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in metrics],
    }
    root = {"_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [described]}}
    write_event(event, **root, FunctionName=function_name, **metrics, **facts)
