"""Figures: medians with their spread, and latencies of every vote rather than of every call."""

import importlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvariantBroken
from local.bench import BENCHES, modes, run_bench
from local.bench.figure import Figure, Measurement, figures_of
from local.bench.options import BenchOptions
from local.bench.sink import sink
from local.bench.viewer import exact_quantile, latency_histogram
from local.cli import main
from local.cli.put_client import put_client_at


def test_a_figure_is_the_median_of_its_runs() -> None:
    runs = [[Measurement("a", value, "ms"), Measurement("b", 1, "s")] for value in (3, 900, 2)]
    assert figures_of(runs) == [
        Figure(name="a", value=3, unit="ms", lowest=2, highest=900, runs=3),
        Figure(name="b", value=1, unit="s", lowest=1, highest=1, runs=3),
    ]


def test_figures_keep_four_digits() -> None:
    (figure,) = figures_of([[Measurement("a", 123_456.789, "votes/s")]])
    assert figure.value == 123_500


def test_each_vote_is_as_late_as_the_first_total_that_has_it() -> None:
    offered = [(1_000, 10), (1_020, 30), (1_040, 30), (1_060, 40)]
    received = [(1_050, 5), (1_100, 29), (1_200, 30), (1_210, 30), (1_300, 40)]
    assert latency_histogram(offered, received) == {100: 10, 180: 20, 240: 10}


def test_a_vote_that_was_never_received_has_no_latency() -> None:
    assert latency_histogram([(1_000, 10), (1_020, 20)], [(1_100, 10)]) == {100: 10}


@given(votes=st.dictionaries(st.integers(0, 500), st.integers(1, 50), min_size=1))
def test_quantiles_are_those_of_the_votes(votes: dict[int, int]) -> None:
    every = sorted(latency for latency, count in votes.items() for _ in range(count))
    assert exact_quantile(votes, 1.0) == every[-1]
    assert exact_quantile(votes, 0.5) == every[-(-len(every) // 2) - 1]


@pytest.mark.parametrize("name", ["generate", "fold", "dynamodb"])
def test_a_bench_in_process_measures_something(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.bench.fold.VOTES", 4_000)
    monkeypatch.setattr("local.bench.generate.TICKS", 5)
    monkeypatch.setattr("local.bench.dynamodb.TRANSACTIONS", 5)
    heard: list[int] = []
    monkeypatch.setattr("local.bench.busy.LOOK_S", 0.01)
    figures, _ = run_bench(name, BenchOptions(), runs=1, on_run=heard.append)
    assert heard == [0, 1], "a warm-up, then the run"
    assert figures
    assert all(figure.value > 0 and figure.name.startswith(f"{name}.") for figure in figures)


def test_every_bench_has_a_module() -> None:
    for name, entry in BENCHES.items():
        assert entry.module == f"local.bench.{name}"
        assert callable(importlib.import_module(entry.module).measure)


def test_the_sink_takes_whatever_is_put() -> None:
    with sink() as endpoint:
        client = put_client_at(endpoint)
        for count in (1, 3):
            records = [{"Data": b"x" * 200_000, "PartitionKey": "k"}] * count
            reply = client.put_records(StreamName="votes", Records=records)
            assert len(reply["Records"]) == count


def test_the_command_prints_an_object_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.bench.generate.TICKS", 3)
    monkeypatch.setattr("local.bench.busy.LOOK_S", 0.01)
    result = CliRunner().invoke(main.cube, ["bench", "generate", "--runs", "2", "--json"])
    assert result.exit_code == 0
    figures = [json.loads(line) for line in result.stdout.splitlines()]
    assert [figure["unit"] for figure in figures] == ["us/vote", "votes/s", "bytes/vote"]
    assert all({"name", "value", "unit", "machine"} <= set(figure) for figure in figures)
    assert figures[0]["runs"] == 2


def test_no_figure_of_a_run_that_lost_votes_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(options: BenchOptions) -> list[Measurement]:
        raise InvariantBroken("measuring: 5 accepted, 0 left, 4 counted")

    monkeypatch.setattr("local.bench.live.measure", measure)
    assert main.run(["bench", "live"]) == InvariantBroken.exit_code


def test_a_bench_that_is_not_there_ends_with_2() -> None:
    assert main.run(["bench", "everything"]) == 2


def test_modes_are_compared_by_what_their_functions_logged(tmp_path: Path) -> None:
    counted = {"transactions": 2, "items": 40, "retries": 1, "late": 0}
    lines = [
        {"event": "tally.batch_applied", **counted},
        {"event": "worker.chunk_applied", **counted, "late": 3},
        {"event": "dispatch.batch_handed_over", "chunks": 1},
        {"event": "rollup.items_moved"},
    ]
    (tmp_path / "a.log").write_text("warming up\n" + json.dumps(lines[0]) + "\n")
    (tmp_path / "a.log.1").write_text("".join(json.dumps(line) + "\n" for line in lines[1:]))
    work = modes.work_of(modes.read_events(tmp_path))
    assert work == {"calls": 3, "transactions": 4, "items": 80, "retries": 2, "late": 3}


def test_modes_stand_side_by_side_and_say_whether_order_is_kept() -> None:
    runs = [
        [
            Measurement(f"modes.{mode}.{name}", value, "x")
            for mode, late in (("ordered", 0), ("ordered_x10", 0), ("fanout", 7))
            for name, value in (("throughput", 1_000), ("batches_late", late))
        ]
    ]
    columns, rows = modes.table_of(figures_of(runs))
    assert columns == ("figure", "unit", "ordered", "ordered_x10", "fanout")
    assert rows == [
        ("throughput", "x", "1,000", "1,000", "1,000"),
        ("batches_late", "x", "0", "0", "7"),
        ("order kept", "", "yes", "yes", "no"),
    ]
