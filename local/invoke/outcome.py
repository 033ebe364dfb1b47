"""What became of one invocation, as a value: the payload is JSON bytes as Lambda answers it."""

from dataclasses import dataclass
from typing import Literal

OutcomeKind = Literal["ok", "function_error", "throttled", "service_error"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`function_error` is what AWS answers as 200 with FunctionError "Unhandled" (clause B49)."""

    kind: OutcomeKind
    payload: bytes
    request_id: str
