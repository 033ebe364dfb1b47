"""Code, tests and the clauses' titles in, docs/reference.md and docs/aws-coverage.md out."""

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

import click

from core import keys, limits
from core.errors import CubeError
from core.metric import NAMESPACE, unit_of
from core.metric_catalog import METRICS
from core.settings import Settings, env_name
from core.verdict import Reason
from local.cli.main import cube
from local.metrics.engine_gauges import ENGINE_METRICS
from local.metrics.function_sums import PREFIX, prometheus_name

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"
_PACKAGES: Final = (
    "core",
    "producers",
    "processors",
    "firehose_transforms",
    "dashboard",
    "infra",
    "local",
)
_CORE: Final = "core.errors"
_CLAUSE: Final = re.compile(r"\b([ABCE]\d{1,2})\b")


def reference() -> str:
    """Return docs/reference.md: commands, settings, errors, events, metrics, keys and so on."""
    _import_errors()
    parts = [
        "# Reference",
        "Written by `make docs` from the code; a test checks that it is up to date.",
        "## Commands",
        *_commands(),
        "## Settings",
        "Read from the environment by functions and the dashboard.",
        _table(
            ("setting", "default", "what it is"),
            [
                (f"`{env_name(s.name)}`", f"`{s.default}`", s.metadata["help"])
                for s in fields(Settings)
            ],
        ),
        "## Errors",
        "`cube` ends with the exit code; the hint says what to do.",
        _table(
            ("code", "exit", "meaning", "hint"),
            [
                (f"`{error.code}`", str(error.exit_code), _sentence(error), error.hint)
                for error in _errors(CubeError)
            ],
        ),
        "## Reasons to park a line",
        ", ".join(f"`{reason.value}`" for reason in Reason),
        "## Log events",
        "One JSON line a call on a function's standard output: the `event`, and its facts.",
        "A line of a call has `request_id`, `trace_id`, its metrics, and of records `shard`, "
        "`first` and `last` (sequence numbers) as well.",
        _table(("event", "facts"), list(_log_events())),
        "## Metrics",
        *_metrics(),
        "## Keys of the table",
        (keys.__doc__ or "").split("\n\n", 1)[1].strip(),
        "## Limits",
        _table(
            ("limit", "value"),
            [
                (f"`{name}`", f"{value:,}")
                for name, value in vars(limits).items()
                if name.isupper() and isinstance(value, int)
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _commands() -> Iterator[str]:
    context = click.Context(cube, info_name="cube", **cube.context_settings)
    for name in cube.list_commands(context):
        command = cube.get_command(context, name)
        assert command is not None, "listed commands exist"
        yield from _command(command, click.Context(command, info_name=name, parent=context))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    with click.Context(command, info_name=context.info_name, parent=context.parent) as own:
        help_text = command.get_help(own)
    yield f"### `{context.command_path}`"
    yield f"```\n{help_text}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, "listed commands exist"
            yield from _command(child, click.Context(child, info_name=name, parent=context))


def _metrics() -> Iterator[str]:
    """Yield the functions' metrics, in CloudWatch and at /metrics, and the local engine's own."""
    yield (
        f"Each function writes its own with every call: in CloudWatch in the namespace "
        f"{NAMESPACE} by FunctionName, locally at `/metrics` by `function`."
    )
    yield _table(
        ("in CloudWatch", "unit", "at `/metrics`", "what it says", "who writes it"),
        [
            (
                f"`{each.name}`",
                unit_of(each.name),
                f"`{prometheus_name(each.name)}{'_total' if each.kind == 'count' else ''}`",
                each.help,
                ", ".join(each.writers),
            )
            for each in METRICS
        ],
    )
    yield "The local engine says of itself, at `/metrics` alone:"
    yield _table(
        ("metric", "by", "what it says"),
        [
            (
                f"`{PREFIX}{each.name}{'_total' if each.kind == 'counter' else ''}`",
                ", ".join(each.labels),
                each.help,
            )
            for each in ENGINE_METRICS
        ],
    )


def _log_events() -> Iterator[tuple[str, str]]:
    """Yield each event that the stages write, with the names of its facts."""
    stages = ("processors", "firehose_transforms")
    paths = [each for stage in stages for each in sorted((ROOT / stage).glob("*.py"))]
    trees = [ast.parse(path.read_text()) for path in paths]
    outcome = [name for tree in trees for name in _facts_of_outcome(tree)]
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case (
                ast.Call(func=ast.Name("write_event"), args=[named])
                | ast.Call(func=ast.Attribute(attr="end"), args=[named, _])
            ):
                words = [[each.arg] if each.arg else outcome for each in node.keywords]
                facts = ", ".join(f"`{word}`" for some in words for word in some)
                for word in ast.walk(named):  # one name, or one of two
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        yield f"`{word.value}`", facts


def _facts_of_outcome(tree: ast.Module) -> Iterator[str]:
    """Yield the facts that are handed to a line as `**outcome.facts`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "facts":
            for each in ast.walk(node):
                if isinstance(each, ast.Dict):
                    yield from (
                        str(key.value) for key in each.keys if isinstance(key, ast.Constant)
                    )


def _errors(error: type[CubeError]) -> Iterator[type[CubeError]]:
    """Yield an error and all below it: core's as they are drawn, then others' by name."""
    yield error
    ours = [each for each in error.__subclasses__() if each.__module__.split(".")[0] in _PACKAGES]
    for child in sorted(ours, key=lambda each: "" if each.__module__ == _CORE else each.__name__):
        yield from _errors(child)


def _import_errors() -> None:
    """Import every module that adds to the tree of errors, whatever else is loaded already."""
    tree = "|".join(each.__name__ for each in _errors(CubeError))
    leaf = re.compile(rf"^class \w+\(({tree})\):", flags=re.MULTILINE)
    for package in _PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if leaf.search(path.read_text()):
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _sentence(error: type[CubeError]) -> str:
    return (error.__doc__ or "").strip().split("\n")[0]


def aws_coverage() -> str:
    """Return docs/aws-coverage.md: each clause with its tests, or why it is not implemented."""
    declared = tomllib.loads((DOCS / "aws-clauses.toml").read_text())
    tests = clause_tests()
    rows = []
    for clause, title in declared["titles"].items():
        reason = declared["not_implemented"].get(clause)
        named = ", ".join(f"`{name}`" for name in sorted(tests.get(clause, ())))
        said = " ".join(filter(None, [f"Not implemented: {reason}" if reason else "", named]))
        rows.append((clause, title, said))
    return (
        "\n\n".join(
            [
                "# What of AWS's behaviour the local engine has",
                "Clauses A are about Kinesis Data Streams, B about Lambda's event source mapping "
                "and invocation, C about Data Firehose, E about loading Redshift. Each is proved "
                "by the tests that name it, or is not implemented and says why. Written by "
                "`make docs`; a test checks that it is up to date.",
                _table(("clause", "what it is about", "tests"), rows),
            ]
        )
        + "\n"
    )


def clause_tests() -> dict[str, set[str]]:
    """Return the test files that name each clause."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for clause in _CLAUSE.findall(path.read_text()):
            found.setdefault(clause, set()).add(path.relative_to(ROOT / "tests").as_posix())
    return found


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in r)} |" for r in lines)


PAGES: Final = {"reference.md": reference, "aws-coverage.md": aws_coverage}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page())
        sys.stdout.write(f"wrote docs/{name}\n")


if __name__ == "__main__":
    main()
