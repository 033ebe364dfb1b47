"""A function's name and an event in, its outcome out: Lambda's Invoke on one machine.

Names are looked up late: a function process imports this package too, and must start fast.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.invoke.outcome import Outcome
    from local.invoke.pool import FunctionPool

__all__ = ["FunctionPool", "Outcome"]


def __getattr__(name: str) -> Any:
    if name == "FunctionPool":
        from local.invoke.pool import FunctionPool

        return FunctionPool
    if name == "Outcome":
        from local.invoke.outcome import Outcome

        return Outcome
    raise AttributeError(name)
