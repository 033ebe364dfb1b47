"""An exception in, one line, a hint and an exit code out: the words a person sees."""

from dataclasses import dataclass
from typing import Final

from core.errors import CubeError, Misconfigured, NotRunning, ServiceRefused
from core.service_error import code_of

_FAULT_OF_OURS: Final = 1
# botocore's exceptions by name: most commands never import botocore.
_AWAY: Final = frozenset(
    {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"}
)
_SETTINGS: Final = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "NoRegionError", "InvalidEndpointError"}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What is printed, and the process's exit code."""

    message: str
    hint: str
    exit_code: int


def failure_of(error: BaseException) -> Failure:
    """Translate whatever a command raised."""
    if isinstance(error, CubeError):
        return Failure(str(error), error.hint, error.exit_code)
    message = _one_line(error)
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _AWAY:
        return Failure(f"calling AWS endpoint: {message}", NotRunning.hint, NotRunning.exit_code)
    if names & _SETTINGS:
        return Failure(message, Misconfigured.hint, Misconfigured.exit_code)
    if code_of(error) or "BotoCoreError" in names:
        return Failure(message, ServiceRefused.hint, ServiceRefused.exit_code)
    hint = "This is a fault of Colour Cube; CUBE_DEBUG=1 shows where it happened."
    return Failure(f"{type(error).__name__}: {message}", hint, _FAULT_OF_OURS)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
