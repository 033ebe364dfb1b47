"""A poll and what is to change in it in, the version of its rules that says so, written, out."""

from collections.abc import Callable
from typing import Final

from core.clients import TableClient
from core.errors import PollRuleRefused
from core.poll import PollBook, PollRules
from core.service_error import code_of
from processors.rules import read_rules

_ATTEMPTS_MAX: Final = 8  # others change the same poll at the same moment: rarely once

# The newest version, if there is one, in; the version to write out, None when nothing changes.
Change = Callable[[PollRules | None], PollRules | None]


def read_book(client: TableClient, table: str, *, read_ms: int) -> PollBook:
    """Return all polls as they stand."""
    return PollBook(read_rules(client, table), read_ms=read_ms)


def change_poll(client: TableClient, table: str, poll: str, change: Change) -> PollRules:
    """Write what `change` makes of the newest version; return the version that then is newest.

    Raise PollRuleRefused when others change the poll at the same time, again and again.
    """
    for _ in range(_ATTEMPTS_MAX):
        newest = read_book(client, table, read_ms=0).latest(poll)
        rules = change(newest)
        if rules is None:
            assert newest is not None, "leaving a poll as it is takes a poll"
            return newest
        try:
            client.put_item(
                TableName=table,
                Item=rules.to_item(),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except Exception as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
        else:
            return rules
    raise PollRuleRefused(f"changing poll: {poll!r} is changed by others at the same time")
