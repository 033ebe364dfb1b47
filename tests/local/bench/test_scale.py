"""How cost grows: the exponent is found, judged by what should be, and drawn."""

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvariantBroken, ServiceRefused, UsageError
from local.bench import peers, scale
from local.bench.chart import Panel, ceiling, chart, short
from local.bench.growth import FASTER, FLAT, LINEAR, RANKS, SLOWER, exponent, growth, within
from local.bench.options import BenchOptions
from local.bench.scale_point import Cost, Point

SIZES = (1, 4, 16)
SVG = "{http://www.w3.org/2000/svg}"


@given(power=st.floats(-2, 3), cost=st.floats(0.01, 1000))
def test_the_exponent_of_a_power_is_found(power: float, cost: float) -> None:
    costs = [cost * size**power for size in SIZES]
    assert exponent(SIZES, costs) == pytest.approx(power, abs=1e-6)


@pytest.mark.parametrize(
    ("power", "name"),
    [(-1, FLAT), (0, FLAT), (0.1, FLAT), (0.5, SLOWER), (1, LINEAR), (1.1, LINEAR), (2, FASTER)],
)
def test_an_exponent_has_a_name(power: float, name: str) -> None:
    assert growth(SIZES, [size**power for size in SIZES]) == name


def test_a_cost_may_grow_more_slowly_than_it_should_but_not_faster() -> None:
    for number, wanted in enumerate(RANKS):
        assert [within(found, wanted) for found in RANKS] == [
            rank <= number for rank in range(len(RANKS))
        ]


def test_a_dimension_changes_the_base_in_one_place_only() -> None:
    for name, dimension in scale.DIMENSIONS.items():
        for size in dimension.sizes:
            point = scale.point_of(name, size, BenchOptions())
            assert asdict(point) == asdict(dimension.base) | {name: size}


def test_quickly_only_the_ends_are_measured() -> None:
    shards = scale.DIMENSIONS["shards"]
    assert scale.sizes_of(shards, quick=True) == (1, 32)
    assert scale.sizes_of(shards, quick=False) == shards.sizes


def measured_by(monkeypatch: pytest.MonkeyPatch, folder: Path, cost_a_shard: float) -> list[Point]:
    """Let points cost something without a system; return the points that are measured."""
    points: list[Point] = []

    def measure_point(point: Point) -> Cost:
        points.append(point)
        return Cost(cpu=5 + cost_a_shard * point.shards, size=135, writes=60, memory=120)

    monkeypatch.setattr("local.bench.scale.measure_point", measure_point)
    monkeypatch.setattr("local.bench.kept.FOLDER", folder / "benchmarks")
    return points


def test_every_point_is_measured_once_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = measured_by(monkeypatch, tmp_path, 0.0)
    figures = {one.name: one for one in scale.measure(BenchOptions())}
    assert len(points) == len(set(points)), "the base lies in several dimensions"
    assert figures["scale.devices.10000000.cpu"].value == 5
    assert figures["scale.shards.cpu_grows"].value == pytest.approx(0, abs=1e-9)
    assert figures["scale.shards.cpu_grows"].unit == "flat, as it should"
    picture = fromstring((tmp_path / "benchmarks" / scale.CHART).read_text())
    titles = {element.text for element in picture.iter(f"{SVG}text")}
    assert titles >= scale.DIMENSIONS.keys()
    drawn = sum(len(dimension.sizes) for dimension in scale.DIMENSIONS.values())
    assert len(list(picture.iter(f"{SVG}circle"))) == drawn


def test_a_cost_that_grows_too_fast_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured_by(monkeypatch, tmp_path, 100.0)
    figures = {one.name: one for one in scale.measure(BenchOptions(quick=True))}
    assert figures["scale.shards.cpu_grows"].unit == "linear, wanted slower"


def test_a_chart_keeps_its_points_within_its_panels() -> None:
    panel = Panel("a < b", (1, 10, 100), (0.5, 7.0, 9.9))
    picture = fromstring(chart([panel], unit="µs"))
    xs = [float(dot.get("cx", "nan")) for dot in picture.iter(f"{SVG}circle")]
    ys = [float(dot.get("cy", "nan")) for dot in picture.iter(f"{SVG}circle")]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True), "more is higher"
    assert math.isclose(xs[1] - xs[0], xs[2] - xs[1]), "sizes are on a logarithmic scale"
    assert 0 < min(xs) <= max(xs) < 280
    assert 0 < min(ys) <= max(ys) < 190


@given(value=st.floats(0.001, 1e6))
def test_a_scale_ends_at_a_round_number_not_far_above(value: float) -> None:
    top = ceiling(value)
    assert value <= top * (1 + 1e-9)
    assert top < 2.51 * value


def test_sizes_are_short_on_an_axis() -> None:
    assert [short(size) for size in (32, 1_000, 1_500, 10_000_000)] == ["32", "1k", "1500", "10M"]


def test_a_peer_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.bench.peers.PEERS", ("no_such_peer",))
    with pytest.raises(UsageError, match=r"has no no_such_peer .*--python"):
        peers.measure(BenchOptions())
    with pytest.raises(ServiceRefused, match="measuring peers"):
        peers.measure(BenchOptions(python="/no/such/interpreter"))


def peer(monkeypatch: pytest.MonkeyPatch, more: int) -> list[object]:
    """Let a peer that needs no installation count the lines, and `more`; return the figures."""
    program = (
        "import collections, json, sys\n"
        "votes = [json.loads(line) for line in open(sys.argv[1])]\n"
        "windows = [(v['poll'], v['colour'], v['voted_at'] // 1000) for v in votes]\n"
        "found = collections.Counter(windows)\n"
        f"found[next(iter(found))] += {more}\n"
        "rows = [[*key, count] for key, count in found.items()]\n"
        "print(json.dumps({'took_s': 2.0, 'windows': rows}))\n"
    )
    real_run = peers._run

    def run(command: list[str]) -> object:
        return real_run([sys.executable, "-c", program, *command[2:]])

    monkeypatch.setattr("local.bench.peers.PEERS", ("json",))
    monkeypatch.setattr("local.bench.peers.VOTES", 4_000)
    monkeypatch.setattr("local.bench.peers._check_installed", lambda peer, python: None)
    monkeypatch.setattr("local.bench.peers._run", run)
    return list(peers.measure(BenchOptions()))


def test_a_peer_counts_the_same_votes_in_the_same_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = peer(monkeypatch, 0)
    assert json.loads(json.dumps(theirs))[::2] == ["peers.json", "votes/s"]
    assert ours != theirs


def test_a_peer_that_counts_otherwise_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvariantBroken, match="its windows are not ours"):
        peer(monkeypatch, 1)
