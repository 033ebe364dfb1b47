"""A poll's name and the colours votes need in, rules in effect that have them all out."""

from collections.abc import Callable, Sequence

from core import limits
from core.clients import TableClient
from core.clock import Clock
from core.errors import PollRuleRefused, PollUnknown
from core.poll import PollRules, checked_palette, next_version
from local.poll_change import change_poll, read_book
from processors.rules import read_rules


def palette_of(client: TableClient, table: str, poll: str) -> tuple[str, ...]:
    """Return the newest palette of a poll; raise PollUnknown when there is no such poll."""
    rules = read_book(client, table, read_ms=0).latest(poll)
    if rules is None:
        raise PollUnknown(f"reading poll: there is no {poll!r}")
    return rules.palette


def ensure_palette(
    client: TableClient, table: str, poll: str, palette: Sequence[str], *, clock: Clock
) -> PollRules:
    """Make the poll, or let its palette grow; return the first version that has every colour.

    Later versions keep the colours, so the same question always has the same answer. Raise
    PollRuleRefused for a palette that no poll may have, and for a poll that is closed.
    """
    asked = checked_palette(palette)

    def grow(newest: PollRules | None) -> PollRules | None:
        now_ms = clock.now_ms()
        if newest is None:
            return next_version(None, poll=poll, now_ms=now_ms, palette=asked)
        if newest.closes_ms is not None and newest.closes_ms <= now_ms:
            raise PollRuleRefused(f"adding votes: poll {poll!r} is closed")
        if set(asked) <= set(newest.palette):
            return None
        return next_version(
            newest,
            poll=poll,
            now_ms=now_ms,
            palette=[*newest.palette, *asked],
            opens_ms=newest.opens_ms,
            closes_ms=newest.closes_ms,
        )

    change_poll(client, table, poll, grow)
    versions = [rules for rules in read_rules(client, table) if rules.poll == poll]
    fitting = [rules for rules in versions if set(asked) <= set(rules.palette)]
    return min(fitting, key=lambda rules: rules.version)


def wait_until_effective(rules: PollRules, *, clock: Clock, wait: Callable[[float], bool]) -> None:
    """Return when a record that arrives now is judged by these rules, on any clock of ours.

    `wait` takes seconds and returns whether to give up, as `threading.Event.wait` does.
    """
    effective_ms = rules.effective_ms + limits.RULES_SKEW_MS
    while (left_ms := effective_ms - clock.now_ms()) > 0:
        if wait(left_ms / 1000):
            return
