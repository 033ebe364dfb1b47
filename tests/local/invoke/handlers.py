"""Tiny handlers for function processes: each shows one behaviour."""

import datetime
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

calls = 0


def echo(event: Any, context: Any) -> Any:
    return event


def count(event: Any, context: Any) -> Any:
    """Show the process and how often it ran."""
    global calls
    calls += 1
    return {"pid": os.getpid(), "calls": calls}


def describe(event: Any, context: Any) -> Any:
    return {
        "request_id": context.aws_request_id,
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "arn": context.invoked_function_arn,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "environment": dict(os.environ),  # noqa: TID251 - to be looked at
    }


def fail(event: Any, context: Any) -> Any:
    raise ValueError("no such colour: \ud800")


def hang(event: Any, context: Any) -> Any:
    """Wait for ever, with a child that does too; its pid goes to a file."""
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    Path(event["file"]).write_text(f"{os.getpid()} {child.pid}")
    threading.Event().wait()


def wait_for_file(event: Any, context: Any) -> Any:
    """Say that it runs, then end when the gate file is there."""
    with Path(event["started"]).open("a") as file:
        file.write(f"{os.getpid()}\n")
    pause = threading.Event()
    while not Path(event["gate"]).exists():
        pause.wait(0.005)
    return os.getpid()


def die(event: Any, context: Any) -> Any:
    os.kill(os.getpid(), event["signal"]) if "signal" in event else os._exit(event["code"])


def leave(event: Any, context: Any) -> Any:
    sys.exit(0)


def big(event: Any, context: Any) -> Any:
    return "x" * event


def no_json(event: Any, context: Any) -> Any:
    return {"when": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)}


def speak(event: Any, context: Any) -> Any:
    print("spoken on stdout", "x" * event)  # noqa: T201 - into the log
    os.write(2, b"spoken on stderr\n")


def flaky(event: Any, context: Any) -> Any:
    """Fail until the file holds as many bytes as asked."""
    path = Path(event["file"])
    with path.open("ab") as file:
        file.write(b".")
    if path.stat().st_size <= event["failures"]:
        raise RuntimeError("not yet")
    return "done"


def ignore_signals(event: Any, context: Any) -> Any:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return os.getpid()
