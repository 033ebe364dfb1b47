"""A handler's name in, what its bundle holds out: our modules, their data, and foreign packages."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from core.errors import Misconfigured

ROOT: Final = Path(__file__).resolve().parent.parent.parent
OURS: Final = frozenset({"core", "producers", "processors", "firehose_transforms"})
# What the Lambda runtime for Python has already.
RUNTIME: Final = frozenset({"boto3", "botocore", "urllib3", "jmespath", "dateutil", "s3transfer"})
# Import name -> name in the lock file: what a bundle may carry.
CARRIED: Final = {"msgspec": "msgspec", "google": "protobuf"}
# A module that reads files beside the code, and where they are.
DATA: Final = {"processors.load_sql": "sql/loads/*.sql"}


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into one bundle; paths are relative to the project's root."""

    files: tuple[Path, ...]
    packages: tuple[str, ...]  # names as in the lock file


def contents_of(handler: str) -> Contents:
    """Return what `package.module.function` needs, imports inside functions included.

    Raise Misconfigured when a module imports what no bundle may carry.
    """
    waiting = [handler.rpartition(".")[0]]
    modules: set[str] = set()
    packages: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in modules:
            continue
        modules.add(module)
        path = _file(module)
        if path is None:
            raise Misconfigured(f"bundling {handler}: there is no module {module}")
        parents = module.split(".")[:-1]
        waiting += [".".join(parents[: n + 1]) for n in range(len(parents))]
        for name in _imports(path):
            top = name.partition(".")[0]
            if top in OURS:
                waiting.append(name if _file(name) else name.rpartition(".")[0])
            elif top in CARRIED:
                packages.add(CARRIED[top])
            elif top not in RUNTIME and top not in sys.stdlib_module_names:
                raise Misconfigured(
                    f"bundling {handler}: {module} imports {top}, which no bundle carries"
                )
    files = {path.relative_to(ROOT) for name in modules if (path := _file(name))}
    for module, pattern in DATA.items():
        if module in modules:
            files |= {path.relative_to(ROOT) for path in ROOT.glob(pattern)}
    return Contents(files=tuple(sorted(files)), packages=tuple(sorted(packages)))


def _file(module: str) -> Path | None:
    """Return the file of a module or package of ours, None when there is none."""
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imports(path: Path) -> Iterator[str]:
    """Return the names a module imports when it runs: not those for type checkers alone."""
    yield from _names(ast.parse(path.read_text()))


def _names(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _for_types(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _names(child)


def _for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
