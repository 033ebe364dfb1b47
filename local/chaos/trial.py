"""Faults in, a system struck by each of them under load, drained and judged, out."""

import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import CubeError, ServiceRefused
from core.settings import Settings
from local.chaos import limits
from local.chaos.fault import Fault, Target
from local.chaos.judge import Judgement, judge
from local.chaos.outbox_tail import OutboxTail
from local.chaos.producer import Producer
from local.chaos.system import System
from local.chaos.watch import Watch, lane_states
from local.chaos.witness import read_evidence
from local.cli.clients import client_at
from local.cli.wait import wait_until
from local.cli.warehouse import warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it. `recovery_s` has a figure for each strike, None for one never got over.

    `balanced_s` is from the end of the load to a finished `cube check`.
    """

    judgement: Judgement
    recovery_s: tuple[float | None, ...]
    balanced_s: float
    how: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.judgement.ok and None not in self.recovery_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How hard to try: votes a second, how long they flow, how long a fault lasts."""

    environment: Mapping[str, str]
    rate: float = limits.RATE
    seconds: float = limits.SECONDS
    hold_s: float = limits.HOLD_S
    seed: int = 1
    on_strike: Callable[[str], None] = lambda said: None

    def run(self, strikes: Sequence[Fault]) -> Outcome:
        """Strike one system with these faults, one after another; they agree in `up_words`.

        Raise ServiceRefused when the system does not start, does not take votes, or cannot be
        struck.
        """
        with (
            tempfile.TemporaryDirectory(prefix="cube-chaos-") as name,
            ExitStack() as around,
        ):
            folder = Path(name)
            words = list(dict.fromkeys(fault.up_words for fault in strikes))
            assert len(words) == 1, "one system is started in one way"
            system = System(folder / "data", self.environment, words=words[0])
            outbox = system.data / "outbox" / "load"
            producer = Producer(system, rate=self.rate, outbox=outbox)
            target = Target(
                system=system,
                producer=producer,
                folder=folder,
                rng=random.Random(self.seed),
                hold_s=self.hold_s,
            )
            for prepare in dict.fromkeys(fault.around for fault in strikes):
                around.enter_context(prepare(target))
            around.callback(system.end)
            system.up()
            around.callback(producer.kill)
            return self._struck(target, strikes)

    def _struck(self, target: Target, strikes: Sequence[Fault]) -> Outcome:
        watch = _watch(target)
        target.producer.start()
        watch.start()
        try:
            begun_s = watch.now_s()
            recovery_s = [
                self._strike(target, fault, watch, number)
                for number, fault in enumerate(strikes, 1)
            ]
            wait_until(lambda: watch.now_s() - begun_s > self.seconds, self.seconds)
            ended_s = watch.now_s()
            target.producer.finish()
        finally:
            watch.stop()
        judgement = judge_system(target.system, target.claims)
        return Outcome(
            judgement=judgement,
            recovery_s=tuple(recovery_s),
            balanced_s=watch.now_s() - ended_s,
            how=target.how,
        )

    def _strike(self, target: Target, fault: Fault, watch: Watch, number: int) -> float | None:
        """Let votes flow, strike, and see how long the tallies take to keep up again."""
        self.on_strike(f"{number}: {fault.name}: {fault.what}")
        if not watch.flows(limits.STRIKE_AFTER_VOTES):
            raise ServiceRefused(f"striking: no votes flow: {target.producer.last_words()}")
        wait_until(lambda: False, target.rng.uniform(0, limits.STRIKE_JITTER_S))
        lag_s = watch.usual_lag_s()
        struck_s = watch.now_s()
        try:
            is_back = fault.strike(target)
        except CubeError as error:  # the others are struck all the same
            target.demand(False, f"{fault.name}: {error}")
            return None
        return watch.recovered(struck_s, is_back, lag_s=lag_s)


def _watch(target: Target) -> Watch:
    dynamodb = client_at(
        "dynamodb",
        target.system.endpoint,
        attempts=1,
        read_timeout_s=limits.READ_TIMEOUT_S,
    )
    tail = OutboxTail()
    table, outboxes = Settings().tally_table, target.system.folder.outboxes
    return Watch(lambda: tail.newest(outboxes()), lambda: lane_states(dynamodb, table, outboxes()))


def judge_system(
    system: System, claims: Sequence[str] = (), *, wait_s: float = limits.CHECK_S_MAX
) -> Judgement:
    """Wait until all is drained, run `cube check`, and compare the stages vote by vote."""
    verdicts, error = system.verdicts(wait_s)
    broken = [*claims, *_broken(verdicts), *([error] if error else [])]
    with closing(warehouse(system.data)) as history:
        evidence = read_evidence(
            kinesis=client_at("kinesis", system.endpoint),
            dynamodb=client_at("dynamodb", system.endpoint),
            warehouse=history,
            outboxes=system.folder.outboxes(),
            settings=Settings(),
        )
    return judge(evidence, tuple(dict.fromkeys(broken)))


def _broken(verdicts: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{line['name']}: {line['left']} / {line['right']}" for line in verdicts if not line["ok"]
    ]
