"""SQL or a question's name in, the warehouse's answer out: a table, JSON lines or CSV."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from core import limits
from core.clock import SystemClock
from core.errors import ParameterRefused, QueryRefused, UsageError
from core.query_value import QueryValue, text_value
from core.question import (
    SQL_FOLDER,
    Question,
    has_header,
    parse_question,
    read_questions,
    read_text,
)
from core.sql_text import statements_of
from core.warehouse import Result
from local.cli import options
from local.cli.answer import print_answer, print_csv, print_json_rows
from local.cli.display import for_people, print_json, print_table
from local.cli.warehouse import warehouse

_ROWS_MAX: Final = 1_000_000  # they are all in memory at once
_TIMEOUT_S_MAX: Final = 86_400  # a query's longest life on the Data API (E13)


@click.command()
@click.argument("sql", required=False)
@click.option("--file", "file", help="A file of SQL, or the name of a question (--list).")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of `:NAME` in the SQL; once a value for a list.",
)
@click.option("--list", "listing", is_flag=True, help="Show the questions and their parameters.")
@options.data
@options.as_json
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--explain", is_flag=True, help="Show how the warehouse would answer.")
@click.option(
    "--limit",
    type=click.IntRange(1, _ROWS_MAX),
    default=limits.QUERY_ROWS_MAX,
    show_default=True,
    help="Rows at most.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.001, _TIMEOUT_S_MAX),
    default=limits.QUERY_TIMEOUT_S,
    show_default=True,
    help="Seconds a statement may take.",
)
@click.option("--write", is_flag=True, help="Send it even if it is no question, one or several.")
def query(
    sql: str | None,
    file: str | None,
    params: tuple[str, ...],
    listing: bool,
    data: Path,
    as_json: bool,
    as_csv: bool,
    explain: bool,
    limit: int,
    timeout: float,
    write: bool,
) -> int:
    """Ask the warehouse in Redshift SQL; `-` reads it from standard input.

    \b
    Example:
      cube query "SELECT colour, COUNT(*) FROM votes GROUP BY colour"
      cube query --file votes_by_hour --param poll=cube --param from=now-1d
    """
    if listing:
        _print_list(as_json)
        return 0
    question = _asked(sql, file)
    bound = _bound(question, params)
    statements = statements_of(question.sql)
    if len(statements) != 1 and not (write and statements):
        raise QueryRefused(f"reading SQL: {len(statements)} statements, not one")
    client = warehouse(data)
    try:
        for statement in statements:
            text = f"EXPLAIN {statement}" if explain else statement
            result = client.query(text, bound, rows_max=limit, timeout_s=timeout, write=write)
            _show(result, as_json=as_json, as_csv=as_csv)
    finally:
        client.close()
    return 0


def _asked(sql: str | None, file: str | None) -> Question:
    """Return what to ask; SQL without a header is a question whose parameters are texts."""
    if (sql is None) == (file is None):
        raise UsageError("reading arguments: give SQL, or --file, or --list")
    if file is None:
        return Question("sql", "", (), sys.stdin.read() if sql == "-" else str(sql))
    path = Path(file)
    if not path.exists() and path.suffix == "" and path.name == file:
        path = SQL_FOLDER / "questions" / f"{file}.sql"
        if not path.exists():
            raise UsageError(f"reading arguments: there is no question {file!r} (--list)")
    text = read_text(path)
    return (
        parse_question(path.stem, text) if has_header(text) else Question(path.stem, "", (), text)
    )


def _bound(question: Question, params: Sequence[str]) -> Mapping[str, QueryValue]:
    given: dict[str, list[str]] = {}
    for word in params:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise ParameterRefused(f"binding parameters: {word[:40]!r} is no NAME=VALUE")
        given.setdefault(name, []).append(value)
    if question.title:
        return question.bind(
            {name: values[0] if len(values) == 1 else values for name, values in given.items()},
            now_ms=SystemClock().now_ms(),
        )
    if repeated := [name for name, values in given.items() if len(values) > 1]:
        raise ParameterRefused(f"binding parameters: :{repeated[0]} is given twice")
    return {name: text_value(values[0]) for name, values in given.items()}


def _show(result: Result, *, as_json: bool, as_csv: bool) -> None:
    if result.columns:
        if as_csv:
            print_csv(result)
        elif for_people(as_json):
            print_answer(result)
        else:
            print_json_rows(result)
    rows = f"{len(result.rows):,} row{'' if len(result.rows) == 1 else 's'}"
    click.echo(f"{rows if result.columns else 'done'} in {result.took_ms / 1000:.3f} s", err=True)
    if result.truncated:
        click.echo("note: there are more rows; --limit says how many to show", err=True)


def _print_list(as_json: bool) -> None:
    questions = read_questions().values()
    if not for_people(as_json):
        for question in questions:
            print_json(_described(question))
        return
    print_table(
        "questions: cube query --file NAME --param PARAMETER=VALUE",
        ("name", "question", "parameters"),
        [
            (
                question.name,
                question.title,
                ", ".join(parameter.name for parameter in question.parameters),
            )
            for question in questions
        ],
    )


def _described(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "title": question.title,
        "parameters": [
            {
                "name": parameter.name,
                "kind": parameter.kind,
                "default": parameter.default,
                "required": parameter.required,
                "help": parameter.help,
            }
            for parameter in question.parameters
        ],
    }
