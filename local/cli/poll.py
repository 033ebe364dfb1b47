"""A poll's name in, its rules changed, in effect and shown out."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from core import limits
from core.clock import SystemClock
from core.errors import PollUnknown
from core.poll import PollRules, next_version
from local.cli import options
from local.cli.clients import client, settings
from local.cli.display import console, for_people, print_json, print_table
from local.cli.wait import wait_until
from local.poll_change import change_poll, read_book

_CLOCK = SystemClock()


class Moment(click.ParamType[int]):
    """A time as people write it, such as 2026-11-30T18:00:00Z; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time such as 2026-11-30T18:00:00Z", param, ctx)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@click.group()
def poll() -> None:
    """Create, list, open and close polls.

    \b
    Example:
      cube poll create lunch --palette pizza,salad && cube poll list
    """


@poll.command()
@click.argument("name")
@click.option("--palette", help="Colours, with commas between; default: the six of the cube.")
@click.option("--opens", type=Moment(), help="Votes cast before that do not count.")
@click.option("--closes", type=Moment(), help="Votes cast from then on do not count.")
@options.data
@options.as_json
def create(
    name: str,
    palette: str | None,
    opens: int | None,
    closes: int | None,
    data: Path,
    as_json: bool,
) -> int:
    """Make a poll, or let the palette of one grow; return when the rules are in effect.

    \b
    Example:
      cube poll create lunch --palette pizza,salad --closes 2026-11-30T12:00:00Z
    """
    colours = palette.split(",") if palette else None

    def change(newest: PollRules | None) -> PollRules | None:
        asked = None if colours is None else [*(newest.palette if newest else ()), *colours]
        rules = next_version(
            newest,
            poll=name,
            now_ms=_CLOCK.now_ms(),
            palette=asked,
            opens_ms=opens if opens or not newest else newest.opens_ms,
            closes_ms=closes if closes or not newest else newest.closes_ms,
        )
        return None if newest and _same(newest, rules) else rules

    return _change(name, change, data, as_json)


@poll.command("open")
@click.argument("name")
@click.option("--at", type=Moment(), help="Votes cast before that do not count; default: all.")
@options.data
@options.as_json
def open_(name: str, at: int | None, data: Path, as_json: bool) -> int:
    """Let votes count again, whatever was said before.

    \b
    Example:
      cube poll open lunch
    """

    def change(newest: PollRules | None) -> PollRules | None:
        known = _known(name, newest)
        rules = next_version(known, poll=name, now_ms=_CLOCK.now_ms(), opens_ms=at)
        return None if _same(known, rules) else rules

    return _change(name, change, data, as_json)


@poll.command()
@click.argument("name")
@click.option("--at", type=Moment(), help="Votes cast from then on do not count; default: now.")
@options.data
@options.as_json
def close(name: str, at: int | None, data: Path, as_json: bool) -> int:
    """Let no vote count that is cast from now on.

    \b
    Example:
      cube poll close lunch
    """

    def change(newest: PollRules | None) -> PollRules | None:
        known = _known(name, newest)
        now_ms = _CLOCK.now_ms()
        if at is None and known.closes_ms is not None and known.closes_ms <= now_ms:
            return None
        # Closing by what is in effect then: votes until now were judged by rules without an end.
        closes_ms = at if at is not None else now_ms + limits.RULES_LEAD_MS
        return next_version(
            known, poll=name, now_ms=now_ms, opens_ms=known.opens_ms, closes_ms=closes_ms
        )

    return _change(name, change, data, as_json)


@poll.command("list")
@options.data
@options.as_json
def list_(data: Path, as_json: bool) -> int:
    """List all polls with their palettes and times.

    \b
    Example:
      cube poll list --json
    """
    book = read_book(client("dynamodb", data), settings().tally_table, read_ms=_CLOCK.now_ms())
    latest = [rules for name in sorted(book.polls()) if (rules := book.latest(name))]
    now_ms = _CLOCK.now_ms()
    if not for_people(as_json):
        for rules in latest:
            print_json(_shown(rules, now_ms))
        return 0
    rows = [
        (rules.poll, state_of(rules, now_ms), len(rules.palette), _few(rules.palette))
        for rules in latest
    ]
    print_table("polls", ("poll", "state", "colours", "palette"), rows)
    return 0


def state_of(rules: PollRules, now_ms: int) -> str:
    """Say whether a vote cast now counts."""
    if rules.opens_ms is not None and now_ms < rules.opens_ms:
        return "not open yet"
    return "closed" if rules.closes_ms is not None and now_ms >= rules.closes_ms else "open"


def _change(
    name: str,
    change: Callable[[PollRules | None], PollRules | None],
    data: Path,
    as_json: bool,
) -> int:
    """Write the change and wait until every arrival is judged by it."""
    rules = change_poll(client("dynamodb", data), settings().tally_table, name, change)
    effective_ms = rules.effective_ms + limits.RULES_SKEW_MS
    left_s = (effective_ms - _CLOCK.now_ms()) / 1000
    if left_s > 0:
        with console(stderr=True).status(f"waiting until the rules of {name} are in effect"):
            wait_until(lambda: _CLOCK.now_ms() >= effective_ms, left_s + 60)
    now_ms = _CLOCK.now_ms()
    if for_people(as_json):
        click.echo(f"{name}: {state_of(rules, now_ms)}, {', '.join(rules.palette)}")
    else:
        print_json(_shown(rules, now_ms))
    return 0


def _known(name: str, newest: PollRules | None) -> PollRules:
    if newest is None:
        raise PollUnknown(f"changing poll: there is no {name!r}")
    return newest


def _same(one: PollRules, other: PollRules) -> bool:
    return (one.palette, one.opens_ms, one.closes_ms) == (
        other.palette,
        other.opens_ms,
        other.closes_ms,
    )


def _shown(rules: PollRules, now_ms: int) -> dict[str, Any]:
    return {
        "poll": rules.poll,
        "state": state_of(rules, now_ms),
        "version": rules.version,
        "palette": rules.palette,
        "opens_ms": rules.opens_ms,
        "closes_ms": rules.closes_ms,
        "effective_ms": rules.effective_ms,
    }


def _few(palette: tuple[str, ...]) -> str:
    return ", ".join(palette[:8]) + (" ..." if len(palette) > 8 else "")
