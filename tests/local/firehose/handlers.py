"""Tiny transforms for function processes: each shows one behaviour."""

import os
import signal
import threading
from typing import Any


def echo(event: Any, context: Any) -> Any:
    return {"records": [{**_named(record), "result": "Ok"} for record in event["records"]]}


def raising(event: Any, context: Any) -> Any:
    raise RuntimeError("no")


def endless(event: Any, context: Any) -> Any:
    threading.Event().wait()


def dying(event: Any, context: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def huge(event: Any, context: Any) -> Any:
    """Answer more than the six megabytes that a response may have."""
    records = [{**_named(record), "result": "Ok"} for record in event["records"]]
    records[0]["data"] = "YWFh" * 2_000_000
    return {"records": records}


def rubbish(event: Any, context: Any) -> Any:
    return "rubbish"


def not_json(event: Any, context: Any) -> Any:
    return {"records": {1, 2}}


def _named(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("recordId", "data")}
