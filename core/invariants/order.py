"""What was applied, and in which order, in, whether once, in order and only forwards, out.

An order of application needs a witness of every transaction that was committed: the simulator and
the tests have one. Transactions on one table are serial, so their order is the order of commits;
within one, a lane's batches are applied by rising number, and a batch's lines from first to last.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise

from core.invariants.invariant import Invariant, few


def each_identity_once(applied: Mapping[Hashable, int]) -> Invariant:
    """Say whether every vote identity was added to the tallies once.

    `applied`: identity of an accepted, valid vote -> how often committed transactions added it.
    """
    never = [identity for identity, times in applied.items() if times < 1]
    again = [identity for identity, times in applied.items() if times > 1]
    note = f"never applied: {few(never)}" if never else ""
    if again:
        note = f"applied more than once: {few(again)}"
    return Invariant(
        name="each_identity_once",
        ok=not never and not again,
        left=len(applied),
        right=sum(applied.values()),
        left_is="identities of votes that the stream accepted",
        right_is="times that one was added to the tallies",
        note=note,
    )


def device_order_kept(applied: Mapping[str, Sequence[int]]) -> Invariant:
    """Say whether each device's votes were applied in the order in which the stream took them.

    `applied`: device -> the places of its votes in the stream, in the order of application (the
    module says what that is). The place of a vote is where it was accepted first. It holds for
    stamped votes in the ordered mode, while nothing was discarded and brought back later.
    """
    off = [
        device
        for device, places in applied.items()
        if any(later < earlier for earlier, later in pairwise(places))
    ]
    return Invariant(
        name="device_order_kept",
        ok=not off,
        left=len(applied),
        right=len(applied) - len(off),
        left_is="devices with stamped votes",
        right_is="of them applied in the order of the stream",
        note=f"devices out of order: {few(off)}" if off else "",
    )


def checkpoints_never_regress(saved: Mapping[str, Sequence[tuple[int, int]]]) -> Invariant:
    """Say whether saved positions only rise, and never beyond what was done.

    `saved`: consumer and shard -> (position saved, position up to which all is done) of each save,
    in order. Positions are of the shard; they are of mappings, delivery streams and KCL workers.
    """
    fell = [
        where
        for where, saves in saved.items()
        if any(later[0] < earlier[0] for earlier, later in pairwise(saves))
    ]
    beyond = [
        where for where, saves in saved.items() if any(position > done for position, done in saves)
    ]
    note = f"fell: {few(fell)}" if fell else ""
    if beyond:
        note = f"saved before it was done: {few(beyond)}"
    return Invariant(
        name="checkpoints_never_regress",
        ok=not fell and not beyond,
        left=sum(len(saves) for saves in saved.values()),
        right=len(fell) + len(beyond),
        left_is="positions saved",
        right_is="shards in which one fell, or was ahead of what was done",
        note=note,
    )
