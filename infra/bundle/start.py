"""A bundle in, how a clean interpreter starts it out: the milliseconds of its import.

A folder stands in for Lambda's runtime: boto3 and what it needs, from this environment, and
nothing else of it. Only a bundle for this machine starts here.
"""

import importlib.util
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.errors import InvariantBroken
from infra.bundle.bundle import Bundle

_RUNTIME: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
_PROGRAM: Final = """
import importlib, json, sys, time
folder, runtime, handler = sys.argv[1:4]
sys.path = [folder, *sys.path, runtime]
module, _, name = handler.rpartition(".")
started = time.perf_counter()
handle = getattr(importlib.import_module(module), name)
took_ms = (time.perf_counter() - started) * 1000
event = json.load(sys.stdin)
out, sys.stdout = sys.stdout, sys.stderr
answer = None if event is None else handle(event, None)
print(json.dumps({"import_ms": took_ms, "answer": answer}), file=out)
"""


def unpack(bundle: Bundle, folder: Path) -> Path:
    """Write a bundle's files below a folder and return where."""
    target = folder / bundle.logical_id
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        archive.extractall(target)
    return target


def make_runtime(folder: Path) -> Path:
    """Make the stand-in for Lambda's runtime and return where."""
    runtime = folder / "runtime"
    runtime.mkdir()
    for name in _RUNTIME:
        found = importlib.util.find_spec(name)
        assert found is not None, f"{name} is installed here"
        assert found.origin is not None, f"{name} has files"
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (runtime / source.name).symlink_to(source)
    return runtime


def start(
    unpacked: Path,
    runtime: Path,
    handler: str,
    event: Mapping[str, Any] | None,
    environment: Mapping[str, str],
) -> tuple[float, Any]:
    """Import a handler alone and call it with an event, None: only import; return ms and answer.

    Raise InvariantBroken with what it said when it does not start.
    """
    words = [sys.executable, "-ISB", "-c", _PROGRAM, str(unpacked), str(runtime), handler]
    done = subprocess.run(
        words,
        input=json.dumps(event),
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise InvariantBroken(f"starting bundle of {handler}: {done.stderr.strip()[-2000:]}")
    said = json.loads(done.stdout)
    return float(said["import_ms"]), said["answer"]
