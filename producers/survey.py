"""The colour survey's rows in, runs of votes out: a swatch is a device, an answer a colour.

A row is `swatch,L,a,b,answer,answers`; `answers` is how many votes it stands for. The bytes depend
on the rows, the poll, `suffix` and `voted_at_ms` alone.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from core import limits
from core.vote import canonical_colour
from producers.run import LeftOut, Run

COLUMNS: Final = ("swatch", "answer", "answers")
SWATCH_MAX: Final = 10**9  # keeps device ids short
ANSWERS_MAX: Final = 10**7  # more in one row is a slip, not a survey
NUMBER_CHARS_MAX: Final = 32  # Python refuses to read one of thousands
RUN_VOTES_MAX: Final = 4_096  # bounds the memory of a row with many answers


class Row(NamedTuple):
    """One row: so many people called this swatch this colour."""

    swatch: int
    colour: str
    answers: int


def read_rows(text: Iterable[str]) -> Iterator[Row | LeftOut]:
    """Yield each row, or why it is left out; the first line names the columns, in any order.

    Raise ValueError when a column is missing.
    """
    reader = csv.reader(text)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise ValueError(f"the header: {error}") from error
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")
    at_swatch, at_answer, at_answers = map(header.index, COLUMNS)
    width = len(header)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:  # of this row; the next one is read anew
            yield LeftOut(reader.line_num, str(error))
            continue
        if cells is None:
            return
        if cells and len(cells) != width:
            yield LeftOut(reader.line_num, f"{len(cells)} columns, not {width}")
        elif cells:
            yield _read_row(reader.line_num, cells[at_swatch], cells[at_answer], cells[at_answers])


def _read_row(number: int, swatch: str, answer: str, answers: str) -> Row | LeftOut:
    colour = canonical_colour(answer)
    if not (_is_number(swatch) and int(swatch) <= SWATCH_MAX):
        return LeftOut(number, f"swatch {swatch[:32]!r} is no number")
    if not (_is_number(answers) and int(answers) <= ANSWERS_MAX):
        return LeftOut(number, f"answers {answers[:32]!r} is no number up to {ANSWERS_MAX}")
    if not colour or len(colour) > limits.COLOUR_CHARS_MAX or not colour.isprintable():
        return LeftOut(number, f"answer {answer[:32]!r} is no colour name")
    return Row(int(swatch), colour, int(answers))


def _is_number(text: str) -> bool:
    return len(text) <= NUMBER_CHARS_MAX and text.isascii() and text.isdigit()


class SurveyVotes:
    """Turns rows into runs; seq rises for each device over the whole file, from 1."""

    def __init__(self, *, poll: str, suffix: str, voted_at_ms: int) -> None:
        self._poll = msgspec.json.encode(poll).decode()
        self._suffix = suffix
        self._voted_at_ms = voted_at_ms
        self._next_seq: dict[int, int] = {}

    def runs(self, row: Row) -> Iterator[Run]:
        """Yield the votes a row stands for."""
        first = self._next_seq.get(row.swatch, 1)
        end = self._next_seq[row.swatch] = first + row.answers
        device_id = f"swatch-{row.swatch:04d}-{self._suffix}"
        head = f'{{"poll":{self._poll},"device_id":"{device_id}","seq":'
        name = msgspec.json.encode(row.colour).decode()
        tail = f',"colour":{name},"voted_at":{self._voted_at_ms}}}\n'
        for start in range(first, end, RUN_VOTES_MAX):
            stop = min(start + RUN_VOTES_MAX, end)
            lines = head + (tail + head).join(map(str, range(start, stop))) + tail
            yield Run(device_id, lines.encode(), stop - start)
