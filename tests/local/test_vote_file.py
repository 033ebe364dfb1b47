"""Files of votes: both formats, gzipped or not, and whatever else a person may point at."""

import gzip
import json
from pathlib import Path

import pytest

from core import limits
from core.errors import UsageError
from local.vote_file import FileFacts, read_facts, read_runs
from producers.run import LeftOut

SURVEY = "swatch,L,a,b,answer,answers\n0,45,15,-45,azure,2\n0,45,15,-45,Blue,3\n1,0,0,0,azure,1\n"


def facts_of(path: Path, content: bytes) -> tuple[FileFacts, list[LeftOut]]:
    path.write_bytes(content)
    left_out: list[LeftOut] = []
    return read_facts(path, left_out.append), left_out


def line(device: str, seq: int, colour: str = "red", voted_at: int = 5) -> bytes:
    vote = {"poll": "a", "device_id": device, "seq": seq, "colour": colour, "voted_at": voted_at}
    return json.dumps(vote).encode() + b"\n"


def test_a_survey_says_its_colours_in_file_order_and_its_votes(tmp_path: Path) -> None:
    facts, left_out = facts_of(tmp_path / "f", SURVEY.encode())
    assert (facts.kind, facts.votes, facts.lines) == ("survey", 6, 4)
    assert facts.palette == ("azure", "blue")
    assert left_out == []
    runs = list(read_runs(facts, poll="p", voted_at_ms=7))
    assert sum(run.votes for run in runs) == 6
    assert {run.device_id for run in runs} == {
        f"swatch-0000-{facts.digest[:6]}",
        f"swatch-0001-{facts.digest[:6]}",
    }


def test_json_lines_say_theirs(tmp_path: Path) -> None:
    content = line("d", 1) + b"\n" + line("d", 2, " Sky Blue ", 3) + line("e", 1)
    facts, left_out = facts_of(tmp_path / "f", content)
    assert (facts.kind, facts.votes, facts.oldest_ms) == ("json_lines", 3, 3)
    assert facts.palette == ("red", "sky blue")
    assert left_out == []
    assert [run.device_id for run in read_runs(facts, poll="a", voted_at_ms=0)] == ["d", "d", "e"]


@pytest.mark.parametrize("content", [SURVEY.encode(), line("d", 1) + line("d", 2)])
def test_gzip_is_the_same_file(tmp_path: Path, content: bytes) -> None:
    plain, _ = facts_of(tmp_path / "plain", content)
    zipped, _ = facts_of(tmp_path / "zipped", gzip.compress(content))
    assert zipped.digest == plain.digest
    assert list(read_runs(zipped, poll="p", voted_at_ms=1)) == list(
        read_runs(plain, poll="p", voted_at_ms=1)
    )


def test_another_content_is_another_file(tmp_path: Path) -> None:
    one, _ = facts_of(tmp_path / "f", SURVEY.encode())
    other, _ = facts_of(tmp_path / "f", SURVEY.replace("azure,1", "azure,2").encode())
    assert one.digest != other.digest


def test_bad_lines_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    too_long = b'{"poll":"' + b"x" * 3 * limits.VOTE_LINE_BYTES_MAX + b'"}\n'
    content = line("d", 2) + b"{garbage\n" + too_long + line("d", 1) + line("d", 3)
    facts, left_out = facts_of(tmp_path / "f", content)
    assert facts.votes == 2
    assert [line_left_out.number for line_left_out in left_out] == [2, 3, 4]
    assert left_out[2].why == "seq 1 of d is not above 2"
    assert len(list(read_runs(facts, poll="a", voted_at_ms=0))) == 2


def test_a_survey_with_bytes_that_are_no_text_keeps_its_other_rows(tmp_path: Path) -> None:
    content = SURVEY.encode() + b"2,0,0,0,\xff\xfe,1\n" + b"\xff,0,0,0,red,1\n"
    facts, left_out = facts_of(tmp_path / "f", content)
    assert facts.palette[:2] == ("azure", "blue")
    assert [bad.number for bad in left_out] == [6]


def test_a_byte_order_mark_is_no_part_of_a_column(tmp_path: Path) -> None:
    facts, _ = facts_of(tmp_path / "f", b"\xef\xbb\xbf" + SURVEY.encode())
    assert facts.votes == 6


def test_lines_that_come_after_the_first_reading_are_not_this_replay(tmp_path: Path) -> None:
    facts, _ = facts_of(tmp_path / "f", line("d", 1))
    with facts.path.open("ab") as file:
        file.write(line("d", 2))
    assert len(list(read_runs(facts, poll="a", voted_at_ms=0))) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither JSON lines nor a CSV with the columns swatch, answer, answers"),
        (b"a,b,c\n1,2,3\n", "neither JSON lines nor"),
        (b"{}\n", "it holds no vote"),
        (b"swatch,answer,answers\n1,red,0\n", "it holds no vote"),
        (b"the swatch and the answer and answers\n", "no column swatch, answer, answers"),
        (gzip.compress(SURVEY.encode(), mtime=0)[:-12], "reading f: "),
        (b"\x1f\x8bnot gzip at all", "reading f: "),
    ],
)
def test_what_is_no_file_of_votes_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        facts_of(tmp_path / "f", content)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="reading f: "):
        read_facts(tmp_path / "f", print)
