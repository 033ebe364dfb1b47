"""Queues that a template draws, and failures that it sends to them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Misconfigured
from local.template import load
from tests.local.template.test_load import TEMPLATE

QUEUE = """
  Failures:
    Type: AWS::SQS::Queue
    Metadata: {Local: {Name: failures}}
    Properties: {MessageRetentionPeriod: 1209600}
"""


@pytest.fixture
def with_queue(tmp_path: Path) -> Callable[..., Path]:
    """Return a copy of the template with a queue drawn, and texts replaced."""

    def edit(*changes: tuple[str, str], queue: str = QUEUE) -> Path:
        source = TEMPLATE.read_text().replace("\nResources:\n", f"\nResources:\n{queue}", 1)
        for old, new in changes:
            assert old in source, f"the template says {old!r}"
            source = source.replace(old, new, 1)
        path = tmp_path / "template.yaml"
        path.write_text(source)
        return path

    return edit


TO_QUEUE = ("{Destination: !GetAtt CubeLake.Arn}", "{Destination: !GetAtt Failures.Arn}")


def test_failures_go_to_a_queue_where_the_template_says_so(with_queue: Callable[..., Path]) -> None:
    """B35, B53: for a mapping and for asynchronous events."""
    drawing = load(with_queue(TO_QUEUE, TO_QUEUE), {}, trend=False)
    (queue,) = (each for each in drawing.queues if each.logical_id == "Failures")
    assert (queue.name, queue.attributes) == ("failures", {"MessageRetentionPeriod": "1209600"})
    mapping = next(each for each in drawing.mappings if each.function_name == "tally")
    assert (mapping.failure_bucket, mapping.failure_queue) == (None, "failures")
    worker = next(function for function in drawing.functions if function.name == "worker")
    assert (worker.async_failure_bucket, worker.async_failure_queue) == (None, "failures")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Failures.Arn}", "Tallies.Arn}", "a bucket or a standard queue here"),
        ("!GetAtt Failures.Arn", "arn:aws:sns:us-east-1:1:t", "a bucket or a standard queue here"),
        ("!GetAtt Failures.Arn", "arn:aws:sqs:us-east-1:1:q.fifo", "or a standard queue here"),
        ("!GetAtt Failures.Arn", "arn:aws:sqs:us-east-1:1:q", "leads to q, which is not drawn"),
        ("Period: 1209600", "Period: 1209601", "Invalid value .* MessageRetentionPeriod"),
        ("Period: 1209600", "Period: 1209600, DelaySeconds: 1", "engine has no DelaySeconds"),
        ("Period: 1209600", "Period: 1209600, FifoQueue: true", "engine has no FifoQueue"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(
    with_queue: Callable[..., Path], old: str, new: str, said: str
) -> None:
    """B35, B37, B53: topics are not built."""
    with pytest.raises(Misconfigured, match=said):
        load(with_queue(TO_QUEUE, (old, new)), {})
