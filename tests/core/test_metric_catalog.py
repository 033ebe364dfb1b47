"""The catalogue of metrics says what the handlers write, no more and no less."""

from typing import Final

import pytest

from core.metric import unit_of
from core.metric_catalog import BY_NAME, EVERY, METRICS
from infra.gates.alarm import written_by

HANDLERS: Final = {
    "tally": "processors.tally_handler",
    "worker": "processors.worker_handler",
    "dispatch": "processors.dispatch_handler",
    "trend": "processors.trend_handler",
    "load": "processors.load_handler",
    "compare": "processors.compare_handler",
    "rollup": "processors.rollup_handler",
    "transform": "firehose_transforms.handler",
}
# core/call.py writes these for a call that has records; which call has some, its handler says.
WITH_RECORDS: Final = {"BatchRecords", "LagMs"}


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_writes_what_the_catalogue_says(function: str) -> None:
    said = {each.name for each in METRICS if function in each.writers or EVERY in each.writers}
    assert written_by(HANDLERS[function]) - WITH_RECORDS == said - WITH_RECORDS


@pytest.mark.parametrize("function", HANDLERS)
def test_a_call_with_records_says_how_late_they_were(function: str) -> None:
    assert written_by(HANDLERS[function]) >= WITH_RECORDS


def test_names_are_in_the_catalogue_once_and_writers_exist() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert {name for each in METRICS for name in each.writers} == HANDLERS.keys() | {EVERY}


def test_a_time_is_in_milliseconds_by_its_name() -> None:
    for each in METRICS:
        assert (each.kind == "time") == (unit_of(each.name) == "Milliseconds"), each.name
