"""A running system in, the same with a lake that refuses every object for some seconds out."""

from local.chaos.fault import Fault, IsBack, Target, at_once
from local.cli.wait import wait_until
from local.consumers import ask_engine


def refuse_lake(target: Target) -> IsBack:
    """Take the lake's bucket away; what counts must not wait for it."""
    bucket = target.system.data / "s3" / "cube-lake"
    aside = bucket.with_name("cube-lake.aside")
    bucket.rename(aside)
    try:
        bucket.write_bytes(b"in the way\n")  # or the first put would make it again
        before = positions(target)
        wait_until(lambda: False, target.hold_s)
        moved = positions(target) != before
    finally:
        bucket.unlink(missing_ok=True)
        aside.rename(bucket)
    target.demand(moved, "live tallies stood still while the lake was away")
    return at_once


def positions(target: Target) -> list[int]:
    """Return how far the function that counts has come in each shard."""
    consumers = ask_engine(target.system.endpoint)
    return [shard.position for shard in consumers.shards] if consumers else []


FAULTS = (
    Fault(
        name="lake-away",
        what="the lake's bucket refuses every object, then is there again",
        strike=refuse_lake,
    ),
)
