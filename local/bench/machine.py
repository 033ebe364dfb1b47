"""This machine in, the facts that a figure is worth nothing without out."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("msgspec", "boto3", "hypercorn", "uvloop")


def machine() -> dict[str, str]:
    """Return what was measured on, by name."""
    facts = {
        "cpu": _first("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": str(os.cpu_count() or 0),
        "memory": _first("/proc/meminfo", "MemTotal") or "unknown",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    return facts | {name: version(name) for name in PACKAGES}


def _first(path: str, key: str) -> str:
    """Return the value of the first `key: value` line of a file, if the file is there."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
