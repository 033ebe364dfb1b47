"""Names of packages in, the files of their locked wheels for one platform out."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from core.errors import ServiceRefused
from infra.bundle.contents import ROOT

Platform = Literal["lambda", "here"]
LOCK: Final = ROOT / "requirements" / "lambda.lock"
_LAMBDA: Final = (
    *("--platform", "manylinux_2_28_aarch64", "--platform", "manylinux2014_aarch64"),
    *("--python-version", "3.13", "--implementation", "cp"),
)
# Neither runs: what installers write down, stubs, what tests a package, and what compilers need.
_LEFT_OUT: Final = ("*.dist-info/*", "*.pyi", "*.pyx", "*.c", "*.h", "py.typed", "*/__pycache__/*")


@cache
def files_of(packages: tuple[str, ...], platform: Platform) -> Mapping[str, bytes]:
    """Return `name -> bytes` of packages, for Lambda (arm64, Python 3.13) or for this machine.

    Raise ServiceRefused when the package index does not give them.
    """
    if not packages:
        return {}
    with tempfile.TemporaryDirectory(prefix="cube-wheels-") as folder:
        target = Path(folder) / "site"
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text("\n".join(_locked(packages)))
        # pip, not uv: it asks the index that this machine is set to.
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
        command += ["--require-hashes", "--only-binary", ":all:", "--target", str(target)]
        command += ["--requirement", str(wanted), "--no-input", "--disable-pip-version-check"]
        command += _LAMBDA if platform == "lambda" else ()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServiceRefused(f"fetching wheels for a bundle: {done.stderr.strip()}")
        return {
            str(path.relative_to(target)): path.read_bytes()
            for path in sorted(target.rglob("*"))
            if path.is_file() and not _left_out(path.relative_to(target))
        }


def _left_out(path: Path) -> bool:
    return any(path.match(pattern) for pattern in _LEFT_OUT)


def _locked(packages: Sequence[str]) -> Iterator[str]:
    """Return the lock file's entries of some packages, hashes included."""
    wanted = False
    for line in LOCK.read_text().splitlines():
        if line and not line[0].isspace():
            wanted = line.partition("==")[0] in packages
        if wanted:
            yield line
