"""A running system in, the same with a second of everything at once out."""

from concurrent.futures import ThreadPoolExecutor

from core.errors import AlreadyRunning
from local.chaos.fault import Fault, IsBack, Target, at_once
from local.chaos.producer import Producer

_VOTES = "200"


def twice(target: Target) -> IsBack:
    """Start a second `cube up` and a second producer on one folder; both must be refused.

    Beside them, at the same time: a second load with an outbox of its own and two `cube check`,
    which must all do their work.
    """
    system = target.system
    other = Producer(system, rate=1_000, outbox=system.data / "outbox" / "other")
    with ThreadPoolExecutor() as pool:
        second_up = pool.submit(system.cube, "up", "--detach", *system.up_words)
        same_outbox = pool.submit(system.cube, *target.producer.words(), "--votes", _VOTES)
        own_outbox = pool.submit(system.cube, *other.words(), "--votes", _VOTES)
        checks = [pool.submit(system.cube, "check", "--json") for _ in range(2)]
    for what, refused in (("cube up", second_up), ("producer on one outbox", same_outbox)):
        code = refused.result().returncode
        target.demand(code == AlreadyRunning.exit_code, f"a second {what} ended with code {code}")
    for what, done in (("load", own_outbox), *(("check", each) for each in checks)):
        code, said = done.result().returncode, done.result().stderr.strip()
        target.demand(code == 0, f"a second {what} ended with code {code}: {said}")
    return at_once


FAULTS = (
    Fault(
        name="two-of-everything",
        what="a second `cube up`, producer, load and two checks at the same time",
        strike=twice,
    ),
)
