"""A file of votes in, its facts and then its votes out: the colour survey's CSV, or JSON lines.

A file is read twice: once for its digest and its palette, which must be known before the first
vote is sent, once for the votes. Gzip is known by its first bytes, the format by its first line.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

from core import limits
from core.errors import UsageError
from core.vote import Vote, canonical_colour
from producers.run import LeftOut, Run
from producers.survey import COLUMNS, SurveyVotes, read_rows
from producers.vote_lines import RisingSeqs, run_of

_GZIP_MAGIC: Final = b"\x1f\x8b"
_READ_BYTES_MAX: Final = limits.VOTE_LINE_BYTES_MAX + 2  # enough to see that a line is too long
Kind = Literal["survey", "json_lines"]
OnLeftOut = Callable[[LeftOut], None]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the first reading found. `lines` bounds the second: a file may grow meanwhile."""

    path: Path
    kind: Kind
    digest: str
    palette: tuple[str, ...]
    votes: int
    lines: int
    oldest_ms: int | None


def read_facts(path: Path, on_left_out: OnLeftOut) -> FileFacts:
    """Read a file once; tell of each line that becomes no vote.

    Raise UsageError when it cannot be read, or holds no vote at all.
    """
    try:
        with _open(path) as file:
            kind = _kind_of(file)
            file.seek(0)
            digest = hashlib.blake2b(kind.encode(), digest_size=8)
            tally = _Tally()
            lines = _digested(_bounded_lines(file), digest, tally)
            for left_out in _counted(kind, lines, tally):
                on_left_out(left_out)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UsageError(f"reading {path.name}: {error}") from error
    if not tally.votes:
        raise UsageError(f"reading {path.name}: it holds no vote")
    palette = tuple(tally.palette)
    return FileFacts(
        path, kind, digest.hexdigest(), palette, tally.votes, tally.lines, tally.oldest_ms
    )


def read_runs(facts: FileFacts, *, poll: str, voted_at_ms: int) -> Iterator[Run]:
    """Yield the file's votes for a poll; the survey's are cast at `voted_at_ms`."""
    with _open(facts.path) as file:
        lines = islice(_bounded_lines(file), facts.lines)
        if facts.kind == "survey":
            survey = SurveyVotes(poll=poll, suffix=facts.digest[:6], voted_at_ms=voted_at_ms)
            for row in read_rows(_texts(lines)):
                if not isinstance(row, LeftOut):
                    yield from survey.runs(row)
            return
        seqs = RisingSeqs()
        for number, line in enumerate(lines, 1):
            vote = seqs.read(number, line) if line.strip() else None
            if isinstance(vote, Vote):
                yield run_of(vote, line, poll)


class _Tally:
    """What has been seen so far."""

    def __init__(self) -> None:
        self.palette: dict[str, None] = {}
        self.votes = 0
        self.lines = 0
        self.oldest_ms: int | None = None

    def add_vote(self, vote: Vote) -> None:
        self.palette[canonical_colour(vote.colour)] = None
        self.votes += 1
        if self.oldest_ms is None or vote.voted_at < self.oldest_ms:
            self.oldest_ms = vote.voted_at


def _counted(kind: Kind, lines: Iterator[bytes], tally: _Tally) -> Iterator[LeftOut]:
    """Yield what is left out, and count the rest."""
    if kind == "survey":
        for row in read_rows(_texts(lines)):
            if isinstance(row, LeftOut):
                yield row
            elif row.answers:
                tally.palette[row.colour] = None
                tally.votes += row.answers
        return
    seqs = RisingSeqs()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        vote = seqs.read(number, line)
        if isinstance(vote, LeftOut):
            yield vote
        else:
            tally.add_vote(vote)


def _open(path: Path) -> BufferedIOBase:
    with path.open("rb") as file:
        zipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return gzip.open(path, "rb") if zipped else path.open("rb")


def _kind_of(file: BufferedIOBase) -> Kind:
    """Tell the format by the first line that is not blank; raise ValueError for neither."""
    line = b""
    for line in _bounded_lines(file):
        if line.strip():
            break
    if line.lstrip().startswith(b"{"):
        return "json_lines"
    header = line.decode("utf-8-sig", "replace")
    if all(column in header for column in COLUMNS):
        return "survey"
    raise ValueError(f"neither JSON lines nor a CSV with the columns {', '.join(COLUMNS)}")


def _bounded_lines(file: BufferedIOBase) -> Iterator[bytes]:
    """Yield lines; one that is far too long is cut short, not kept in memory."""
    while line := file.readline(_READ_BYTES_MAX):
        yield line
        while len(line) == _READ_BYTES_MAX and not line.endswith(b"\n"):
            line = file.readline(_READ_BYTES_MAX)


def _digested(lines: Iterator[bytes], digest: Any, tally: _Tally) -> Iterator[bytes]:
    for line in lines:
        digest.update(line)
        tally.lines += 1
        yield line


def _texts(lines: Iterator[bytes]) -> Iterator[str]:
    """Decode lines; what is no UTF-8 becomes a mark that no number or name takes."""
    for line in lines:
        yield line.decode("utf-8-sig", "replace")
