"""JSON lines: each keeps its time and its extra fields; what would break a stamp stays out."""

import msgspec
import pytest

from core import limits
from core.record import read_lines, read_payload
from core.vote import Vote
from producers.run import LeftOut, Run
from producers.vote_lines import RisingSeqs, run_of

LINE = b'{"poll":"cube","device_id":"d","seq":5,"colour":"red","voted_at":9,"extra":[1]}'


def read(line: bytes, seqs: RisingSeqs | None = None) -> Vote | LeftOut:
    return (seqs or RisingSeqs()).read(1, line)


def test_a_line_of_the_poll_travels_as_it_is() -> None:
    vote = read(LINE)
    assert isinstance(vote, Vote)
    assert run_of(vote, LINE + b" \r\n", "cube") == Run("d", LINE + b"\n", 1)


def test_a_line_of_another_poll_is_set_to_this_one_and_keeps_the_rest() -> None:
    vote = read(LINE)
    assert isinstance(vote, Vote)
    run = run_of(vote, LINE, "other")
    expected = msgspec.json.decode(LINE) | {"poll": "other"}
    assert msgspec.json.decode(run.lines) == expected


def test_a_vote_that_looks_like_a_stamp_does_not_break_its_batch() -> None:
    line = b'{"batch":1,"poll":"cube","device_id":"d","seq":5,"colour":"red","voted_at":9}'
    vote = read(line)
    assert isinstance(vote, Vote)
    run = run_of(vote, line, "cube")
    assert read_payload(b'{"batch":0}\n' + run.lines, 0).broken is not None
    assert read_payload(LINE + b"\n" + run.lines, 0).broken is None
    assert [row.vote for row in read_lines(run.lines, 1)] == [vote]


@pytest.mark.parametrize("member", [b'"\xa0":1', b'"x":"\\ud800"', b'"x":1e400'])
def test_a_vote_is_left_out_if_a_member_of_its_own_cannot_be_written_again(member: bytes) -> None:
    """Found by fuzzing: it was counted at the first reading, and the second one broke off there."""
    line = LINE.replace(b'"extra":[1]', member)
    left_out = read(line)
    assert isinstance(left_out, LeftOut)
    assert left_out.why.startswith("no vote: ")


def test_a_seq_that_does_not_rise_is_left_out_by_line_number() -> None:
    seqs = RisingSeqs()
    assert isinstance(seqs.read(1, LINE), Vote)
    assert seqs.read(2, LINE) == LeftOut(2, "seq 5 of d is not above 5")
    assert isinstance(seqs.read(3, LINE.replace(b'"d"', b'"e"')), Vote)
    assert isinstance(seqs.read(4, LINE.replace(b"5", b"6")), Vote)
    assert seqs.read(5, LINE) == LeftOut(5, "seq 5 of d is not above 6")


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b'{"poll":"cube"}',
        LINE.replace(b'"seq":5', b'"seq":-1'),
        LINE.replace(b'"seq":5', b'"seq":"5"'),
        LINE + b"}",
        b'{"poll":"cube","x":' + b"[" * 100_000,
        b'{"poll":"' + b"x" * limits.VOTE_LINE_BYTES_MAX + b'"}',
    ],
)
def test_a_line_that_is_no_vote_is_left_out_by_line_number(line: bytes) -> None:
    left_out = read(line)
    assert isinstance(left_out, LeftOut)
    assert left_out.number == 1
