"""A file of sql/ in, a question out: its title, its parameters, its chart and its SQL.

A file begins with comment lines. The first is the question in one sentence. The others:

    -- :name kind default | help      a parameter; `:name` in the SQL stands for its value
    -- chart kind x y [series]        how to draw it: `line` or `bar`, and the columns to draw
    -- anything else                  a remark

Kinds are text, integer, number, time and texts (a list, for `IN (:name)`). A default is a word, or
in single quotes; `-` is none (NULL, or an empty list: no filter); `required` means that a value
has to be given. A list stands only in `IN (:name)` and `:name IS [NOT] NULL`, which is true when
it is empty.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from core.errors import CubeError, ParameterRefused, QuestionUnreadable
from core.query_value import QueryValue, ValueKind, read_value
from core.sql_text import TokenKind, parameters_of, seen, statements_of, tokens_of
from core.statement import in_list

SQL_FOLDER: Final = Path(__file__).parent.parent / "sql"

_PARAMETER: Final = re.compile(
    r":(?P<name>[a-z][a-z0-9_]*)\s+(?P<kind>[a-z]+)\s+(?P<default>'[^']*'|[^\s|']+)\s*\|\s*(?P<help>.+)"
)
_CHART: Final = re.compile(r"chart (?P<kind>line|bar) (?P<x>\w+) (?P<y>\w+)(?: (?P<series>\w+))?")

# What somebody gives for a parameter: a text, for a list several, None for "the default".
Given = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A blank in a question. `default` is text to be read as `kind`; None: NULL, or no values."""

    name: str
    kind: ValueKind
    default: str | None
    required: bool
    help: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Which columns of the answer to draw, and as what; `series` names the colours of lines."""

    kind: Literal["line", "bar"]
    x: str
    y: str
    series: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question in SQL. `name` is the file's stem, `sql` the text after the header."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    sql: str
    chart: Chart | None = None

    def bind(self, given: Mapping[str, Given], *, now_ms: int) -> dict[str, QueryValue]:
        """Return every parameter's value: what was given, else its default.

        Raise ParameterRefused for a name the question does not have, for a value that is none of
        the parameter's kind, and for a required one that is missing.
        """
        known = {parameter.name for parameter in self.parameters}
        if unknown := sorted(set(given) - known):
            raise ParameterRefused(f"binding parameters: {self.name} has no :{unknown[0]}")
        bound: dict[str, QueryValue] = {}
        for parameter in self.parameters:
            value = given.get(parameter.name)
            if value is None and parameter.required:
                raise ParameterRefused(f"binding parameters: :{parameter.name} is not given")
            chosen = parameter.default if value is None else value
            try:
                bound[parameter.name] = read_value(parameter.kind, chosen, now_ms=now_ms)
            except ParameterRefused as error:
                raise ParameterRefused(f":{parameter.name}: {error}") from None
        return bound


def read_questions(folder: Path = SQL_FOLDER / "questions") -> dict[str, Question]:
    """Return the questions of a folder by name, in alphabetical order."""
    return {path.stem: read_question(path) for path in sorted(folder.glob("*.sql"))}


def read_question(path: Path) -> Question:
    """Return the question in a file; raise QuestionUnreadable naming the file and the line."""
    return parse_question(path.stem, read_text(path))


def read_text(path: Path) -> str:
    """Return a file of SQL; raise QuestionUnreadable when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionUnreadable(f"reading question: {path}: {error}") from None


def has_header(text: str) -> bool:
    """Return whether a text begins as a question does."""
    return text.startswith("--")


def parse_question(name: str, text: str) -> Question:
    """Return the question in a file's text; raise QuestionUnreadable naming the line."""
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    header = [line[2:].strip() for line in lines[:end]]
    if not header or not header[0]:
        raise QuestionUnreadable(f"reading question {name}: line 1 is no `-- sentence`")
    parameters: list[Parameter] = []
    chart: Chart | None = None
    for number, line in enumerate(header[1:], 2):
        where = f"reading question {name}: line {number}"
        if line.startswith(":"):
            parameters.append(_parameter(line, where))
        elif line.startswith("chart"):
            chart = _chart(line, where)
    question = Question(name, header[0], tuple(parameters), "\n".join(lines[end:]).strip(), chart)
    _check(question)
    return question


def _parameter(line: str, where: str) -> Parameter:
    match = _PARAMETER.fullmatch(line)
    if match is None:
        raise QuestionUnreadable(f"{where}: is no `:name kind default | help`")
    if match["kind"] not in set(ValueKind):
        raise QuestionUnreadable(f"{where}: {match['kind']!r} is not {', '.join(ValueKind)}")
    kind, word = ValueKind(match["kind"]), match["default"]
    default = None if word in ("-", "required") else word.strip("'")
    try:
        read_value(kind, default, now_ms=0)
    except ParameterRefused as error:
        raise QuestionUnreadable(f"{where}: default: {error}") from None
    return Parameter(match["name"], kind, default, word == "required", match["help"].strip())


def _chart(line: str, where: str) -> Chart:
    match = _CHART.fullmatch(line)
    if match is None:
        raise QuestionUnreadable(f"{where}: is no `chart line|bar x y [series]`")
    return Chart(
        "line" if match["kind"] == "line" else "bar", match["x"], match["y"], match["series"]
    )


def _check(question: Question) -> None:
    where = f"reading question {question.name}"
    names = [parameter.name for parameter in question.parameters]
    try:
        used = parameters_of(question.sql)
        empty = not statements_of(question.sql)
    except CubeError as error:
        raise QuestionUnreadable(f"{where}: {error}") from None
    if empty:
        raise QuestionUnreadable(f"{where}: there is no SQL")
    if len(set(names)) < len(names):
        raise QuestionUnreadable(f"{where}: a parameter is declared twice")
    if odd := sorted(used ^ set(names)):
        word = "not declared" if odd[0] in used else "not used"
        raise QuestionUnreadable(f"{where}: :{odd[0]} is {word}")
    lists = {p.name for p in question.parameters if p.kind is ValueKind.TEXTS}
    tokens = seen(tokens_of(question.sql))
    for index, token in enumerate(tokens):
        if token.kind is TokenKind.PARAMETER and token.text[1:] in lists:
            asked = index + 1 < len(tokens) and tokens[index + 1].is_word("IS")
            if not asked and not in_list(tokens[:index]):
                raise QuestionUnreadable(
                    f"{where}: the list {token.text} is neither in IN ({token.text}) nor IS NULL"
                )
