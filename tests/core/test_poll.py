"""Poll rules: versions that take effect later, palettes that only grow, verdicts that agree."""

import pytest

from core import limits
from core.errors import PollRuleRefused, RulesTooOld
from core.poll import DEFAULT_PALETTE, PollBook, PollRules, next_version
from core.verdict import Reason, judge_alone, judge_in_poll
from core.vote import Vote

NOW = 1_790_000_000_000


def rules(opens_ms: int | None = None, closes_ms: int | None = None) -> PollRules:
    return PollRules(
        poll="cube",
        version=1,
        effective_ms=0,
        palette=DEFAULT_PALETTE,
        opens_ms=opens_ms,
        closes_ms=closes_ms,
    )


def test_a_version_comes_back_from_its_item() -> None:
    for version in (rules(), rules(opens_ms=5, closes_ms=9)):
        assert PollRules.from_item(version.to_item()) == version


def test_an_item_of_a_later_release_is_read_as_far_as_it_is_known() -> None:
    assert PollRules.from_item(rules().to_item() | {"mood": {"S": "x"}}) == rules()


def test_a_change_takes_effect_later_and_only_then() -> None:
    first = next_version(None, poll="cube", now_ms=NOW)
    second = next_version(first, poll="cube", now_ms=NOW + 10_000, closes_ms=NOW + 20_000)
    book = PollBook([second, first], read_ms=NOW + 30_000)
    assert first.effective_ms == NOW + limits.RULES_LEAD_MS
    assert book.rules_at("cube", NOW) is None
    assert book.rules_at("cube", first.effective_ms) == first
    assert book.rules_at("cube", second.effective_ms - 1) == first
    assert book.rules_at("cube", second.effective_ms) == second
    assert book.rules_at("other", NOW) is None


def test_versions_written_in_one_moment_stay_in_order() -> None:
    first = next_version(None, poll="cube", now_ms=NOW)
    assert next_version(first, poll="cube", now_ms=NOW).effective_ms > first.effective_ms


def test_a_book_does_not_judge_arrivals_it_may_not_know_the_rules_of() -> None:
    book = PollBook([rules()], read_ms=NOW)
    assert book.rules_at("cube", book.known_until_ms) == rules()
    with pytest.raises(RulesTooOld):
        book.rules_at("cube", book.known_until_ms + 1)


def test_whoever_reads_the_rules_knows_every_change_in_effect_until_the_book_ends() -> None:
    book = PollBook([], read_ms=NOW)
    written_just_after = next_version(None, poll="cube", now_ms=NOW + 1)
    assert written_just_after.effective_ms > book.known_until_ms


def test_a_palette_only_grows_and_keeps_its_order() -> None:
    first = next_version(None, poll="cube", now_ms=NOW, palette=["Red ", "blue"])
    assert first.palette == ("red", "blue")
    assert next_version(
        first, poll="cube", now_ms=NOW, palette=["lime", "blue", "red"]
    ).palette == (
        "red",
        "blue",
        "lime",
    )
    with pytest.raises(PollRuleRefused, match="only grows"):
        next_version(first, poll="cube", now_ms=NOW, palette=["red"])


@pytest.mark.parametrize("palette", [[], [""], ["a" * 65], ["x\ny"], [str(n) for n in range(257)]])
def test_a_palette_that_cannot_be_one_is_refused(palette: list[str]) -> None:
    with pytest.raises(PollRuleRefused):
        next_version(None, poll="cube", now_ms=NOW, palette=palette)


@pytest.mark.parametrize("name", ["", "Cube", "a b", "a" * 65, "é"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(PollRuleRefused):
        next_version(None, poll=name, now_ms=NOW)


def test_verdicts_by_time() -> None:
    vote = Vote("cube", "d", 1, "red", NOW)
    assert judge_alone(vote, NOW) is None
    assert judge_alone(vote, NOW + limits.TOO_OLD_MS) is None
    assert judge_alone(vote, NOW + limits.TOO_OLD_MS + 1) is Reason.TOO_OLD
    assert judge_alone(vote, NOW - limits.FUTURE_MS_MAX) is None
    assert judge_alone(vote, NOW - limits.FUTURE_MS_MAX - 1) is Reason.FUTURE_VOTE


def test_verdicts_by_name() -> None:
    assert judge_alone(Vote("Cube!", "d", 1, "red", NOW), NOW) is Reason.BAD_VALUE
    assert judge_alone(Vote("cube", "d\0", 1, "red", NOW), NOW) is Reason.BAD_VALUE


def test_verdicts_by_the_rules() -> None:
    open_rules = rules(opens_ms=NOW, closes_ms=NOW + 10)
    assert judge_in_poll(" RED ", NOW, open_rules) is None
    assert judge_in_poll("red", NOW - 1, open_rules) is Reason.CLOSED_POLL
    assert judge_in_poll("red", NOW + 10, open_rules) is Reason.CLOSED_POLL
    assert judge_in_poll("mauve", NOW, open_rules) is Reason.UNKNOWN_COLOUR
    assert judge_in_poll("red", NOW, None) is Reason.UNKNOWN_POLL
