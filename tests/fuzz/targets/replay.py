"""Any file for `cube replay` in: its facts, and then as many votes as they say; or a refusal."""

import gzip
import tempfile
from pathlib import Path
from typing import Final

from core.errors import UsageError
from core.record import read_lines
from local.vote_file import read_facts, read_runs
from producers.run import LeftOut
from tests.fuzz.slices import Slices
from tests.fuzz.targets.record import GOOD

SEEDS: Final = (
    b"\0" + GOOD,
    b"\1" + GOOD + b"{}\n" + GOOD,
    b"\0" + gzip.compress(GOOD, mtime=0),
    b"\0swatch,answer,answers\n1,red,3\n2,dark blue,1\n",
)
WORDS: Final = (
    *(b"swatch", b"answer", b"answers", b"1,red,3\n", b'"dark ""blue"""', b"\xef\xbb\xbf", b"\0"),
    *(b'{"poll":"cube"', b'"device_id":"d"', b'"seq":', b'"colour":"red"', b'"voted_at":1', b"\r"),
    *(b"\x1f\x8b\x08\0", b"99999999999999999999", "٣".encode(), b"\\ud800", b"[[[[", b"}\n{"),
)
BYTES_MAX: Final = 5_000
_VOTED_AT_MS: Final = 1_790_000_000_000
_VOTES_READ_MAX: Final = 20_000  # one row may stand for ten million


def one_input(data: bytes) -> None:
    slices = Slices(data)
    zipped = slices.byte() % 2 == 1
    content = gzip.compress(slices.rest(), mtime=0) if zipped else slices.rest()
    left_out: list[LeftOut] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes"
        path.write_bytes(content)
        try:
            facts = read_facts(path, left_out.append)
        except UsageError:
            return
        votes = 0
        for run in read_runs(facts, poll="survey", voted_at_ms=_VOTED_AT_MS):
            votes += run.votes
            assert len(run.lines) < 300 * run.votes + len(data), "a run is as large as its votes"
            if votes > _VOTES_READ_MAX:
                return
            for line in read_lines(run.lines, 1):
                assert line.vote is not None, "what is sent is a vote"
                assert line.vote.poll == "survey"
        assert votes == facts.votes, "the second reading finds what the first has counted"
        assert len(left_out) <= facts.lines
