"""A process of a running system in, that process killed with `kill -9`, and back, out."""

import signal
from collections.abc import Callable

from core.errors import ServiceRefused
from local.chaos import limits
from local.chaos.fault import Fault, IsBack, Target, at_once
from local.chaos.system import send
from local.cli.clients import client_at
from local.cli.wait import wait_until

Strike = Callable[[Target], IsBack]


def child(name: str) -> Strike:
    """Return a strike that kills a child of the supervisor, which starts it again."""

    def strike(target: Target) -> IsBack:
        pid = target.system.child_pid(name)
        send([pid], signal.SIGKILL)
        return lambda: target.system.is_back(name, pid)

    return strike


def function(name: str, *, invoke: bool = False) -> Strike:
    """Return a strike that kills every process of a function.

    `invoke` starts one first, for a function that a schedule runs now and then: the kill meets it
    at work.
    """

    def strike(target: Target) -> IsBack:
        if invoke:
            client = client_at("lambda", target.system.endpoint)
            client.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        pids: list[int] = []

        def runs() -> bool:
            pids[:] = target.system.functions().get(name, [])
            return bool(pids)

        if not wait_until(runs, limits.FLOW_S_MAX):
            raise ServiceRefused(f"striking function {name}: it has no process")
        send(pids, signal.SIGKILL)
        return lambda: not set(pids) & set(target.system.functions().get(name, []))

    return strike


def supervisor(target: Target) -> IsBack:
    """Kill it, and with it everything; then a person runs `cube up` again."""
    pids = target.system.processes()
    send([target.system.supervisor()], signal.SIGKILL)
    if not wait_until(target.system.is_gone, limits.FLOW_S_MAX):
        raise ServiceRefused("striking the supervisor: its children outlive it")
    target.demand(bool(pids), "a supervisor without children was killed")
    target.system.up()
    return at_once


def producer(target: Target) -> IsBack:
    """Kill `cube load`, and run it again with the same outbox."""
    target.producer.kill()
    target.producer.start()
    return at_once


_FANOUT = ("--mode", "fanout")

FAULTS = (
    Fault(name="kill-engine", what="kill -9 of the engine", strike=child("engine")),
    Fault(
        name="kill-tally",
        what="kill -9 of every process of the function that counts",
        strike=function("tally"),
    ),
    Fault(
        name="kill-dispatch",
        what="kill -9 of the dispatcher, in fan-out mode",
        strike=function("dispatch"),
        up_words=_FANOUT,
    ),
    Fault(
        name="kill-worker",
        what="kill -9 of every worker, in fan-out mode",
        strike=function("worker"),
        up_words=_FANOUT,
    ),
    Fault(
        name="kill-rollup",
        what="kill -9 of the rollup, at work",
        strike=function("rollup", invoke=True),
    ),
    Fault(
        name="kill-transform",
        what="kill -9 of the Firehose transform",
        strike=function("transform"),
    ),
    Fault(
        name="kill-load",
        what="kill -9 of the load into the warehouse, at work",
        strike=function("load", invoke=True),
    ),
    Fault(
        name="kill-compare",
        what="kill -9 of the comparing function, at work",
        strike=function("compare", invoke=True),
    ),
    Fault(name="kill-warehouse", what="kill -9 of the warehouse", strike=child("warehouse")),
    Fault(name="kill-dashboard", what="kill -9 of the dashboard", strike=child("dashboard")),
    Fault(
        name="kill-supervisor",
        what="kill -9 of the supervisor and so of everything, then `cube up`",
        strike=supervisor,
    ),
    Fault(
        name="kill-producer",
        what="kill -9 of `cube load`, then again with the same outbox",
        strike=producer,
    ),
)
