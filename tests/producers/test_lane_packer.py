"""The packer of a replay: the same votes make the same bodies, wherever it starts again."""

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.generate import Chunk
from producers.lane_packer import BODY_BYTES_MAX, LanePacker
from producers.run import Run

LANES = 3


def run_of(device: int, first: int, votes: int, width: int) -> Run:
    lines = b"".join(b"%d-%d-%s\n" % (device, first + n, b"x" * width) for n in range(votes))
    return Run(f"device-{device}", lines, votes)


def pack(runs: list[Run], skip: list[int]) -> list[Chunk]:
    packer = LanePacker(LANES, skip)
    bodies = [body for run in runs for body in packer.add(run)]
    return bodies + list(packer.finish())


runs = st.lists(
    st.builds(
        run_of, st.integers(0, 9), st.integers(0, 99), st.integers(1, 60), st.integers(0, 900)
    ),
    max_size=60,
)


@settings(deadline=None)
@given(runs=runs)
def test_every_line_is_in_one_body_in_the_order_of_its_lane(runs: list[Run]) -> None:
    bodies = pack(runs, [0] * LANES)
    assert sum(body.votes for body in bodies) == sum(run.votes for run in runs)
    assert sorted(b"".join(body.lines for body in bodies).split(b"\n")) == sorted(
        b"".join(run.lines for run in runs).split(b"\n")
    )
    assert all(len(body.lines) <= BODY_BYTES_MAX for body in bodies)
    assert all(body.lines.count(b"\n") == body.votes for body in bodies)


@settings(deadline=None)
@given(runs=runs, data=st.data())
def test_a_replay_that_starts_again_makes_the_bodies_that_are_left(
    runs: list[Run], data: st.DataObject
) -> None:
    bodies = pack(runs, [0] * LANES)
    by_lane = [[body for body in bodies if body.lane == lane] for lane in range(LANES)]
    kept = [data.draw(st.integers(0, len(lane))) for lane in by_lane]
    skip = [
        sum(body.votes for body in lane[:count]) for lane, count in zip(by_lane, kept, strict=True)
    ]
    again = pack(runs, skip)
    for lane, (all_bodies, count) in enumerate(zip(by_lane, kept, strict=True)):
        assert [body for body in again if body.lane == lane] == all_bodies[count:]
