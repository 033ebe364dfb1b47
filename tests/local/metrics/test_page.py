"""The page that Prometheus scrapes: the functions' lines as sums, the engine's status as gauges."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from core.metric import write_metrics
from core.metric_catalog import METRICS
from local.metrics import MetricsPage
from local.metrics.call_line import numbers_of
from local.metrics.function_sums import FunctionSums, prometheus_name
from local.wire import build_app
from tests.local.wire.plain_http import send
from tests.local.wire.running import running

STATUS: Final[dict[str, Any]] = {
    "now_ms": 10_000,
    "shards": [
        {"mapping": "TallyMapping", "iterator_age_ms": 1_500, "in_flight": 1, "records_open": 7},
        {"mapping": "TallyMapping", "iterator_age_ms": 500, "in_flight": 2, "records_open": 1},
    ],
    "other_consumers": [
        {"shards": [{"mapping": "Trend", "iterator_age_ms": 9, "in_flight": 0, "records_open": 0}]}
    ],
    "deliveries": [
        {
            "name": "votes-to-lake",
            "freshness_ms": 2_500,
            "held_bytes": 10,
            "records_delivered": 4,
            "records_failed": 1,
            "objects_delivered": 2,
        }
    ],
    "events_pending": 3,
    "events_oldest_ms": 8_000,
    "paused": ["history"],
    "disk_bytes": 5,
    "disk_bytes_max": 50,
    "memory_bytes": 6,
}


def line(**metrics: int) -> bytes:
    said = {"event": "tally.batch_applied", "_aws": {}, "FunctionName": "tally", **metrics}
    return json.dumps(said).encode()


def samples(text: bytes) -> dict[str, float]:
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_functions_lines_add_up(tmp_path: Path) -> None:
    page = MetricsPage(tmp_path, ["tally", "compare"], lambda: STATUS)
    log = tmp_path / "tally.log"
    log.write_bytes(
        line(VotesCounted=5, LagMs=40) + b"\n" + line(VotesCounted=7, LagMs=700) + b"\n"
    )
    (tmp_path / "compare.log").write_bytes(
        b"".join(line(MinutesDifferent=count) + b"\n" for count in (4, 1))
    )
    found = samples(asyncio.run(page.text()))
    assert found["colour_cube_votes_counted_total/tally"] == 12
    assert found["colour_cube_lag_seconds_bucket/tally/0.05"] == 1
    assert found["colour_cube_lag_seconds_bucket/tally/1.0"] == 2
    assert found["colour_cube_lag_seconds_count/tally"] == 2
    assert found["colour_cube_lag_seconds_sum/tally"] == 0.74
    assert found["colour_cube_minutes_different/compare"] == 1, "a state is the last one said"
    page.close()


def test_the_engines_own_are_there(tmp_path: Path) -> None:
    page = MetricsPage(tmp_path, [], lambda: STATUS)
    found = samples(asyncio.run(page.text()))
    assert found["colour_cube_iterator_age_seconds/TallyMapping"] == 1.5
    assert found["colour_cube_iterator_age_seconds/Trend"] == 0.009
    assert found["colour_cube_batches_in_flight/TallyMapping"] == 3
    assert found["colour_cube_records_open/TallyMapping"] == 8
    assert found["colour_cube_events_age_seconds"] == 2
    assert found["colour_cube_delivery_freshness_seconds/votes-to-lake"] == 2.5
    assert found["colour_cube_delivery_records_total/votes-to-lake"] == 4
    assert found["colour_cube_paused/history"] == 1
    assert found["colour_cube_disk_bytes"] == 5
    page.close()


def test_each_metric_has_its_help(tmp_path: Path) -> None:
    page = MetricsPage(tmp_path, ["tally"], lambda: STATUS)
    (tmp_path / "tally.log").write_bytes(line(**{each.name: 1 for each in METRICS}) + b"\n")
    families = list(text_string_to_metric_families(asyncio.run(page.text()).decode()))
    assert {prometheus_name(each.name) for each in METRICS} <= {each.name for each in families}
    assert all(each.documentation.endswith(".") for each in families)
    page.close()


def test_what_no_handler_writes_makes_no_metric() -> None:
    sums = FunctionSums(Path("none"), [])
    for text in (
        b"",
        b"Traceback (most recent call last):",
        b'{"event":',
        b'{"event":"a","_aws":{},"Invented":1}',
        b'{"event":"a","VotesCounted":1}',
        b'{"event":"a","_aws":{},"VotesCounted":"9","TookMs":-1,"Loads":true}',
        b'{"event":' + b"[" * 5_000,
        b'{"event":"\xff"}',
    ):
        sums.add("tally", text)
    assert list(sums.families()) == []


def test_a_handlers_line_is_understood(capsys: Any) -> None:
    write_metrics("load.objects_merged", {"Loads": 2, "TookMs": 9}, function_name="load", now_ms=1)
    assert numbers_of(capsys.readouterr().out.encode()) == {"Loads": 2, "TookMs": 9}


def test_the_endpoint_is_for_scrapes_and_not_for_pages(tmp_path: Path) -> None:
    page = MetricsPage(tmp_path, [], lambda: STATUS)
    with running(build_app({}, metrics=page.text)) as url:
        answer = send(url, method="GET", path="/metrics")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert samples(answer.body)["colour_cube_disk_bytes"] == 5
        assert send(url, method="GET", path="/metrics", headers={"origin": "x"}).status == 403
        for signed in (
            {"authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"},
            {"x-amz-target": "Kinesis_20131202.ListShards"},
        ):
            answer = send(url, method="GET", path="/metrics", headers=signed)
            assert b"colour_cube" not in answer.body, "a bucket may be called metrics"
        presigned = send(url, method="GET", path="/metrics?X-Amz-Signature=a")
        assert b"colour_cube" not in presigned.body
        assert b"colour_cube" not in send(url, method="PUT", path="/metrics").body
    page.close()
