"""Runs that are kept: compared with the next one, doubted when the machine was busy."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.errors import UsageError
from local.bench import BENCHES
from local.bench.busy import Busy, Share, Ticks, Watch, read_ticks, share_between, warnings_of
from local.bench.comparison import change_of, changes_of
from local.bench.figure import Figure
from local.bench.kept import FOLDER, Kept, kept_path, read_kept, write_kept
from local.cli import main

BENCHMARKS = FOLDER.parent / "benchmarks.md"
QUIET = Share(0.02, 0.0)


def figure(value: float, low: float, high: float, *, unit: str = "votes/s") -> Figure:
    return Figure(name="a.rate", value=value, unit=unit, lowest=low, highest=high, runs=3)


def kept_run(*figures: Figure) -> Kept:
    return Kept(
        bench="a",
        measured_at="2026-01-01T00:00:00+00:00",
        options={"rate": 5.0},
        machine={"cpu": "x"},
        warnings=["run 1: busy"],
        figures=list(figures),
    )


def test_a_kept_run_comes_back_as_it_was(tmp_path: Path) -> None:
    run = kept_run(figure(1, 1, 2))
    assert write_kept(run, tmp_path) == tmp_path / "a.json"
    assert read_kept("a", tmp_path) == run


def test_a_bench_that_was_never_kept_has_no_run(tmp_path: Path) -> None:
    assert read_kept("a", tmp_path) is None


def test_a_file_of_another_kind_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"bench":"a"}')
    with pytest.raises(UsageError, match=r"reading a\.json: "):
        read_kept("a", tmp_path)


def test_figures_are_kept_only_where_there_is_a_place_for_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="keeping figures"):
        write_kept(kept_run(), tmp_path / "no" / "folder")


def test_spreads_that_overlap_are_noise() -> None:
    change = change_of(figure(110, 100, 120), figure(100, 90, 105))
    assert change is not None
    assert (change.noise, str(change)) == (True, "1.10 ↑ within noise")


def test_spreads_that_lie_apart_are_better_or_worse_by_their_unit() -> None:
    def verdict(now: float, unit: str) -> str:
        change = change_of(figure(now, now, now, unit=unit), figure(100, 99, 101, unit=unit))
        return str(change)

    assert verdict(150, "votes/s") == "1.50 ↑ better"
    assert verdict(50, "1/s") == "0.50 ↓ worse"
    assert verdict(150, "us/vote") == "1.50 ↑ worse"
    assert verdict(50, "MB/million votes") == "0.50 ↓ better"
    assert verdict(50, "/million votes") == "0.50 ↓ better"
    assert verdict(150, "viewers") == "1.50 ↑", "more is neither better nor worse"


def test_figures_that_are_new_are_not_compared() -> None:
    now = figure(1, 1, 1)
    assert changes_of([now], None) == {}
    assert changes_of([now], kept_run(figure(1, 1, 1, unit="ms"))) == {}
    assert changes_of([now], kept_run(figure(0, 0, 0))) == {}, "there is no ratio to nothing"
    assert changes_of([now], kept_run(figure(2, 2, 2)))["a.rate"].ratio == 0.5


def test_the_account_of_the_processors_is_read_as_linux_writes_it() -> None:
    text = "cpu  10 1 5 70 4 2 3 5 9 9\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
    assert read_ticks(text) == Ticks(total=100, idle=74, steal=5)


def test_shares_are_of_the_time_between_two_looks() -> None:
    share = share_between(Ticks(100, 74, 5), Ticks(200, 124, 15))
    assert share == Share(busy=0.5, steal=0.1)
    assert share_between(Ticks(100, 74, 5), Ticks(100, 74, 5)) == Share(0, 0)


def test_a_quiet_machine_is_no_reason_to_warn() -> None:
    assert warnings_of([Busy(QUIET, Share(0.99, 0.01), 0.2)]) == []


def test_a_busy_machine_a_greedy_host_and_not_knowing_are_said_by_run() -> None:
    busy = Busy(Share(0.4, 0.0), Share(0.99, 0.0), 1.5)
    stolen = Busy(QUIET, Share(0.99, 0.07), 0.1)
    assert warnings_of([busy, stolen, None]) == [
        "run 1: the machine was busy before it began: 40% of its cores' time, load 1.5 a core",
        "run 2: the host took 7% of the time away",
        "run 3: this system does not say how busy the machine was",
    ]


def test_a_watch_reads_the_account_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = tmp_path / "stat"
    account.write_text("cpu 10 0 0 90 0 0 0 0\n")

    def work(_seconds: float) -> None:
        account.write_text("cpu 40 0 0 160 0 0 0 0\n")

    monkeypatch.setattr("local.bench.busy.time.sleep", work)
    watch = Watch(account)
    account.write_text("cpu 40 0 0 250 0 0 0 10\n")
    busy = watch.ended()
    assert busy is not None
    assert (busy.before, busy.meanwhile) == (Share(0.3, 0.0), Share(0.1, 0.1))
    assert Watch(tmp_path / "none").ended() is None


def test_the_command_keeps_a_run_and_compares_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.bench.kept.FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr("local.bench.generate.TICKS", 3)
    monkeypatch.setattr("local.bench.busy.LOOK_S", 0.01)

    def bench(*words: str) -> list[dict[str, object]]:
        result = CliRunner().invoke(main.cube, ["bench", "generate", "--runs", "2", *words])
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    assert [one["change"] for one in bench("--json", "--keep")] == [None, None, None]
    run = read_kept("generate")
    assert run is not None
    assert [one.name for one in run.figures] == [
        "generate.cost",
        "generate.rate",
        "generate.size",
    ]
    changes = [one["change"] for one in bench("--json")]
    assert all(isinstance(change, dict) and change["ratio"] > 0 for change in changes)
    assert [one["change"] for one in bench("--json", "--rate", "777")] == [None, None, None]


def test_every_file_that_is_kept_belongs_to_a_bench() -> None:
    names = {path.stem for path in FOLDER.glob("*.json")}
    assert names <= BENCHES.keys()
    for name in names:
        run = read_kept(name)
        assert run is not None
        assert run.bench == name
        assert run.figures


_ROW = re.compile(r"^\| `(?P<name>[a-z0-9_.]+)` \| (?P<value>[0-9.,]+) ", re.MULTILINE)


def contradictions(text: str, folder: Path) -> list[str]:
    """Return the rows of figures that say something else than what was kept."""
    wrong: list[str] = []
    for row in _ROW.finditer(text):
        run = read_kept(row["name"].partition(".")[0], folder)
        kept = {one.name: one.value for one in run.figures} if run else {}
        said = float(row["value"].replace(",", ""))
        if row["name"] not in kept or abs(said - kept[row["name"]]) > 0.01 * abs(said):
            wrong.append(f"{row['name']} {row['value']}: kept {kept.get(row['name'])}")
    return wrong


def test_the_page_of_benchmarks_does_not_contradict_what_was_kept() -> None:
    text = BENCHMARKS.read_text()
    assert _ROW.search(text), "figures are named as the benches name them"
    assert contradictions(text, FOLDER) == []


def test_a_page_that_contradicts_is_noticed(tmp_path: Path) -> None:
    write_kept(kept_run(figure(1_234, 1, 2)), tmp_path)
    page = "| `a.rate` | 1,230 votes/s |\n| `a.rate` | 1,300 votes/s |\n| `b.rate` | 1 s |\n"
    assert contradictions(page, tmp_path) == [
        "a.rate 1,300: kept 1234.0",
        "b.rate 1: kept None",
    ]
    assert kept_path("a", tmp_path).exists()
