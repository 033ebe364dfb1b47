"""The house rules that a test can hold: sizes, names, sentences, imports, banned contents."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

from local.cli.main import cube

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "core",
    "producers",
    "processors",
    "firehose_transforms",
    "dashboard",
    "infra",
    "local",
)
MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}
# Modules that nobody imports because somebody starts them.
ENTRY_POINTS = {
    "local.__main__",
    "local.engine",
    "local.invoke.worker",
    "local.bench.peer_bytewax",
    "local.reference",
    "dashboard.__main__",
    "processors.tally_handler",
    "processors.dispatch_handler",
    "processors.worker_handler",
    "processors.rollup_handler",
    "processors.trend_handler",
    "processors.load_handler",
    "processors.compare_handler",
    "local.warehouse.__main__",
    "firehose_transforms.handler",
    "infra.gates.__main__",
}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tracked() -> list[Path]:
    """Return the files git tracks; in a copy without git, everything that is not built."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = [name for name in listed.stdout.split("\0") if name]
    assert names, "git lists the project's files"
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.parametrize("path", sources(*PACKAGES, "tests", "scripts"), ids=str)
def test_a_module_is_small_and_opens_with_a_sentence(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= MODULE_LINES_MAX
    docstring = ast.get_docstring(tree)
    assert docstring, "a module opens with one sentence"
    first = docstring.split("\n\n")[0]
    assert first.rstrip().endswith((".", ":")), first


@pytest.mark.parametrize("path", sources(*PACKAGES, "scripts"), ids=str)
def test_a_function_fits_one_screen(path: Path) -> None:
    for function in functions(ast.parse(path.read_text())):
        assert function.end_lineno is not None
        lines = function.end_lineno - function.lineno + 1
        assert lines <= FUNCTION_LINES_MAX, f"{function.name} has {lines} lines"


def test_no_module_is_a_drawer() -> None:
    drawers = [path for path in sources(*PACKAGES, "tests") if path.stem in BANNED_NAMES]
    assert drawers == []


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules() -> set[str]:
    found: set[str] = set()
    for path in sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Constant) and _is_path(node.value):
                found.add(str(node.value))
    return found | {name.rpartition(".")[0] for name in found}  # a package comes with its modules


def _is_path(value: object) -> bool:
    """Return whether a text names a module: a handler, or a command that is loaded lazily."""
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", value))


def test_no_module_is_dead() -> None:
    imported = imported_modules()
    commands = {f"local.cli.{name}" for name in cube.list_commands(click.Context(cube))}
    dead = [
        name
        for name in map(module_name, sources(*PACKAGES))
        if name not in imported | ENTRY_POINTS | commands and "." in name
    ]
    assert dead == []


def test_imports_follow_the_flow() -> None:
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "lint-imports"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_a_silenced_rule_gives_its_reason() -> None:
    silent = []
    for path in sources(*PACKAGES, "tests", "scripts"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"# noqa(: [A-Z0-9, ]+)?$", line.rstrip()):
                silent.append(f"{path.relative_to(ROOT)}:{number}")
            if re.search(r"# type: ignore(\[[a-z-, ]+\])?$", line.rstrip()):
                silent.append(f"{path.relative_to(ROOT)}:{number}")
    assert silent == []


def test_nothing_waits_by_the_clock_in_tests() -> None:
    pattern = re.compile(r"\btime\.sleep\(")
    asleep = [
        path.relative_to(ROOT)
        for path in sources("tests")
        if path.name != "test_house.py" and pattern.search(path.read_text())
    ]
    assert asleep == []


def test_files_hold_no_paths_of_a_machine_and_no_hosts_of_registries() -> None:
    banned = re.compile(
        "|".join(
            (
                r"(?<![\w.~])/(work|root|farm|home/\w+)/",
                "py" + r"pi\.org",
                "python" + "hosted",
                r"registry\.np" + "mjs",
                r"deb\.deb" + "ian",
                r"repo1\.mav" + "en",
                r"cdn\.js" + "delivr",
                r"unpkg\." + "com",
            )
        )
    )
    found = []
    for path in tracked():
        if path.suffix in {".png", ".gz", ".ico"} or path.name.endswith(".min.js"):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if banned.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[:80]}")
    assert found == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    reasons = (ROOT / "docs" / "decisions" / "0003-dependencies.md").read_text()
    names = {re.split(r"[\[<>=;~! ]", name)[0] for name in wanted} - {"colour-cube"}
    assert [name for name in sorted(names) if f"`{name}`" not in reasons] == []


@pytest.mark.parametrize("extra", ["local", "dev", "dashboard", "infra"])
def test_a_lock_names_no_index_and_fits_the_project(extra: str) -> None:
    text = (ROOT / "requirements" / f"{extra}.lock").read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text
    locked = dict(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^ ;]+)", text, flags=re.M))
    stale = [
        f"{wanted.name}{wanted.specifier}"
        for wanted in requirements(extra)
        if wanted.name not in locked or locked[wanted.name] not in wanted.specifier
    ]
    assert stale == [], "run `make lock`"


def requirements(extra: str | None) -> Iterator[Requirement]:
    """Return what pyproject.toml asks for under an extra, with the extras that it names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = project["dependencies"] if extra is None else project["optional-dependencies"][extra]
    for wanted in map(Requirement, listed):
        if wanted.name == project["name"]:
            for inner in sorted(wanted.extras):
                yield from requirements(inner)
        else:
            yield wanted
    if extra is not None:
        yield from requirements(None)
