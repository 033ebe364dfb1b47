"""Versions of a poll's rules in, the version that judges a given arrival out.

A change takes effect `RULES_LEAD_MS` after it is written, so whoever read the rules at time R knows
every version that is in effect up to R + lead - skew: judging is then a function of bytes, arrival
and rules, whatever the time and place (docs/decisions/0004-rules-take-effect-later.md).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from core import limits
from core.errors import PollRuleRefused, RulesTooOld
from core.item import from_item, to_item
from core.keys import POLLS_PK, poll_version_sk
from core.version import check_version
from core.vote import POLL_PATTERN, canonical_colour, fits_palette

DEFAULT_POLL: Final = "cube"
DEFAULT_PALETTE: Final = ("red", "orange", "yellow", "green", "blue", "white")


class PollRules(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a poll: in effect from `effective_ms` until the next version is.

    A vote counts when opens_ms <= voted_at < closes_ms (None: no bound).
    """

    poll: str
    version: int
    effective_ms: int
    palette: tuple[str, ...]
    opens_ms: int | None = None
    closes_ms: int | None = None

    def to_item(self) -> dict[str, dict[str, Any]]:
        """Return the DynamoDB item of this version."""
        values = msgspec.structs.asdict(self)
        keys = {"pk": POLLS_PK, "sk": poll_version_sk(self.poll, self.version)}
        return to_item(keys | {name: value for name, value in values.items() if value is not None})

    @staticmethod
    def from_item(item: Mapping[str, Mapping[str, Any]]) -> "PollRules":
        """Return the version that `to_item` wrote; members it does not know are ignored.

        Raise VersionUnknown for a form of newer code.
        """
        values = from_item(item)
        check_version(values, "poll rules")
        return msgspec.convert(values, PollRules)


def checked_palette(colours: Iterable[str]) -> tuple[str, ...]:
    """Return the palette in canonical form; raise PollRuleRefused when it cannot be one."""
    palette = tuple(dict.fromkeys(canonical_colour(colour) for colour in colours))
    if not palette or len(palette) > limits.PALETTE_COLOURS_MAX:
        raise PollRuleRefused(
            f"reading palette: {len(palette)} colours, not 1 to {limits.PALETTE_COLOURS_MAX}"
        )
    for colour in palette:
        if not fits_palette(colour):
            raise PollRuleRefused(f"reading palette: {colour!r} is no colour name")
    return palette


def next_version(
    current: PollRules | None,
    *,
    poll: str,
    now_ms: int,
    palette: Iterable[str] | None = None,
    opens_ms: int | None = None,
    closes_ms: int | None = None,
) -> PollRules:
    """Return the next version of a poll's rules, written at `now_ms`.

    A palette only grows and keeps its order. Raise PollRuleRefused for a name or a palette that
    the rules do not allow.
    """
    if not POLL_PATTERN.fullmatch(poll):
        raise PollRuleRefused(f"naming poll: {poll!r} is not 1 to 64 of a-z, 0-9 and -")
    old = current.palette if current else ()
    asked = checked_palette(palette) if palette is not None else old or DEFAULT_PALETTE
    if missing := [colour for colour in old if colour not in asked]:
        raise PollRuleRefused(f"changing palette: it only grows, and {missing[0]!r} is gone")
    grown = checked_palette([*old, *asked])
    return PollRules(
        poll=poll,
        version=current.version + 1 if current else 1,
        effective_ms=max(now_ms + limits.RULES_LEAD_MS, current.effective_ms + 1 if current else 0),
        palette=grown,
        opens_ms=opens_ms,
        closes_ms=closes_ms,
    )


class PollBook:
    """Every version of every poll, as read at one moment."""

    def __init__(self, versions: Iterable[PollRules], *, read_ms: int) -> None:
        self._versions: dict[str, list[PollRules]] = {}
        for rules in sorted(versions, key=lambda rules: rules.version):
            self._versions.setdefault(rules.poll, []).append(rules)
        self.read_ms: Final = read_ms

    @property
    def known_until_ms(self) -> int:
        """The last arrival this book can judge."""
        return self.read_ms + limits.RULES_LEAD_MS - limits.RULES_SKEW_MS

    def polls(self) -> tuple[str, ...]:
        return tuple(self._versions)

    def latest(self, poll: str) -> PollRules | None:
        """Return the newest version, in effect or not yet."""
        versions = self._versions.get(poll)
        return versions[-1] if versions else None

    def rules_at(self, poll: str, arrival_ms: int) -> PollRules | None:
        """Return the version in effect at an arrival, None for a poll that did not exist then.

        Raise RulesTooOld when the book was read too early to know.
        """
        if arrival_ms > self.known_until_ms:
            raise RulesTooOld(f"judging an arrival {arrival_ms - self.known_until_ms} ms ahead")
        in_effect = None
        for rules in self._versions.get(poll, ()):
            if rules.effective_ms <= arrival_ms:
                in_effect = rules
        return in_effect
