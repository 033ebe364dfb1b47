"""A function and the engine's environment in, the environment of its processes out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.drawing import FunctionSpec

# What a process on this machine needs to run at all; nothing else is inherited.
INHERITED: Final = frozenset(
    {"PATH", "HOME", "VIRTUAL_ENV", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "LD_LIBRARY_PATH"}
)
_ROOT: Final = str(Path(__file__).resolve().parents[2])


def function_environment(
    spec: FunctionSpec, base: Mapping[str, str], machine: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables, later sources winning: machine, base, function, Lambda's reserved.

    `base` is for all functions (the endpoint, credentials); AWS refuses a function's environment
    that names a reserved variable, so those win here.
    """
    asked = [source.get("PYTHONPATH") for source in (spec.environment, base, machine)]
    python_path = dict.fromkeys([_ROOT, *filter(None, asked)])  # ours first: it holds the engine
    return {
        **{name: value for name, value in machine.items() if name in INHERITED},
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "TZ": ":UTC",
        **base,
        **spec.environment,
        "PYTHONPATH": ":".join(python_path),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "LAMBDA_TASK_ROOT": _ROOT,
        "_HANDLER": spec.handler,
    }
