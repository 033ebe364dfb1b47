"""The drawing in, a zip for each of its functions out, with sizes, digests and import times."""

import statistics
import tempfile
from pathlib import Path
from typing import Final

import click
import msgspec

from infra.bundle.bundle import Bundle, budgets, bundles
from infra.bundle.start import make_runtime, start, unpack
from local.cli import options
from local.cli.display import for_people, print_json, print_table
from local.supervise.children import local_aws_environment

_STARTS: Final = 3
_NOWHERE: Final = "http://127.0.0.1:9"  # imports make clients and call nobody


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/bundles"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--no-start", is_flag=True, help="Do not measure how long each takes to import.")
@options.as_json
def bundle(out: Path, no_start: bool, as_json: bool) -> int:
    """Make the functions' zips for Lambda (arm64, Python 3.13): same commit, same bytes.

    A bundle holds the modules its handler imports and their locked wheels, nothing else. Import
    times are of the same code with this machine's wheels, in a clean interpreter; a star marks
    what is over its budget (infra/bundle/budget.toml).

    Example: cube bundle --out build/bundles
    """
    out.mkdir(parents=True, exist_ok=True)
    made = list(bundles("lambda"))
    for each in made:
        (out / f"{each.logical_id}.zip").write_bytes(each.data)
    took_ms = {} if no_start else _import_times()
    sizes = [_size(each, took_ms.get(each.logical_id)) for each in made]
    if for_people(as_json):
        columns = ("function", "bytes", "files", "wheels", "import, ms", "sha256")
        print_table(f"Bundles in {out}", columns, [_row(size) for size in sizes])
    else:
        for size in sizes:
            print_json(size)
    return 0


class _Size(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle weighs and takes, and what of it is over its budget."""

    function: str
    bytes: int
    files: int
    wheels: tuple[str, ...]
    import_ms: float | None
    over_budget: tuple[str, ...]
    sha256: str


def _size(each: Bundle, import_ms: float | None) -> _Size:
    budget = budgets()[each.logical_id]
    over = ("bytes",) if len(each.data) > budget.bytes_max else ()
    if import_ms is not None and import_ms > budget.import_ms_max:
        over = (*over, "import_ms")
    return _Size(
        function=each.logical_id,
        bytes=len(each.data),
        files=each.files,
        wheels=each.packages,
        import_ms=import_ms,
        over_budget=over,
        sha256=each.sha256,
    )


def _row(size: _Size) -> tuple[object, ...]:
    heavy = " *" if "bytes" in size.over_budget else ""
    slow = " *" if "import_ms" in size.over_budget else ""
    took = "-" if size.import_ms is None else f"{size.import_ms:,.0f}{slow}"
    wheels = ", ".join(size.wheels)
    return (size.function, f"{size.bytes:,}{heavy}", size.files, wheels, took, size.sha256[:16])


def _import_times() -> dict[str, float]:
    """Return the median milliseconds of each bundle's import, alone in a clean interpreter."""
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="cube-bundle-") as folder:
        runtime = make_runtime(Path(folder))
        for each in bundles("here"):
            unpacked = unpack(each, Path(folder))
            environment = local_aws_environment(_NOWHERE)
            times = [
                start(unpacked, runtime, each.handler, None, environment)[0] for _ in range(_STARTS)
            ]
            took[each.logical_id] = statistics.median(times)
    return took
