"""A TransactWriteItems request in, its reply out: all of its actions are committed, or none."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.aws_error import AwsError, validation_error
from local.dynamodb import attribute, capacity, members, rows, token, write, write_action
from local.dynamodb.catalog import Catalog
from local.dynamodb.database import transaction
from local.dynamodb.limits import TRANSACTION_ACTIONS_MAX, TRANSACTION_BYTES_MAX
from local.dynamodb.members import Request
from local.dynamodb.rows import Row
from local.dynamodb.write_action import ConditionFailed, Outcome, WriteAction

_BUILDERS: Final[Mapping[str, Callable[[Catalog, Request], WriteAction]]] = {
    "Put": write_action.put,
    "Update": write_action.change,
    "Delete": write_action.delete,
    "ConditionCheck": write_action.condition_check,
}
_NO_REASON: Final = {"Code": "None"}  # clause D3: the text, without a message


def transact_write_items(
    connection: sqlite3.Connection,
    catalog: Catalog,
    tokens: token.TokenLog,
    request: Request,
    now_ms: int,
) -> dict[str, Any]:
    given = members.members_of(
        request.get("TransactItems"), "TransactItems", at_least=1, at_most=TRANSACTION_ACTIONS_MAX
    )
    actions = [_action(catalog, one) for one in given]
    members.no_duplicates(
        (action.key for action in actions),
        "Transaction request cannot include multiple operations on one item",
    )
    capacity.wanted(request)
    client_token = token.given(request)
    digest = b"" if client_token is None else token.digest_of(given)
    with transaction(connection):
        if client_token is not None and tokens.is_done(client_token, digest, now_ms):
            return _replayed(connection, request, actions)
        outcomes = _applied(actions, rows.read(connection, [action.key for action in actions]))
        rows.write(connection, filter(None, (outcome.change() for outcome in outcomes)))
        if client_token is not None:
            tokens.note(client_token, digest, now_ms)
    return _reply(request, outcomes)


def _action(catalog: Catalog, one: object) -> WriteAction:
    given = members.check_names("TransactWriteItems.TransactItems", one)
    if len(given) != 1:
        raise validation_error("TransactItems can only contain one of Check, Put, Update or Delete")
    ((name, inner),) = given.items()
    return _BUILDERS[name](catalog, members.check_names(name, inner))


def _applied(actions: Sequence[WriteAction], stored: Mapping[Any, Row]) -> list[Outcome]:
    """Return every outcome, or raise TransactionCanceledException with a reason an action."""
    outcomes: list[Outcome] = []
    reasons: list[Mapping[str, Any]] = []
    for action in actions:
        try:
            outcomes.append(write_action.apply(action, stored.get(action.key)))
            reasons.append(_NO_REASON)
        except ConditionFailed as failure:
            shown = {} if failure.shown is None else {"Item": failure.shown}
            reasons.append({"Code": "ConditionalCheckFailed", "Message": str(failure), **shown})
        except AwsError as error:
            reasons.append({"Code": "ValidationError", "Message": error.message})
    if len(outcomes) < len(actions):
        raise _canceled(reasons)
    _check_size(outcomes)
    return outcomes


def _canceled(reasons: Sequence[Mapping[str, Any]]) -> AwsError:
    codes = ", ".join(reason["Code"] for reason in reasons)
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        extra={"CancellationReasons": [dict(reason) for reason in reasons]},
    )


def _check_size(outcomes: Sequence[Outcome]) -> None:
    if sum(len(outcome.blob or b"") for outcome in outcomes) <= TRANSACTION_BYTES_MAX:
        return  # JSON is never shorter than the size that counts
    size = sum(attribute.item_size_bytes(outcome.new or {}) for outcome in outcomes)
    if size > TRANSACTION_BYTES_MAX:
        raise validation_error("Aggregated size of the items in the transaction exceeds 4 MB")


def _reply(request: Request, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    if not capacity.wanted(request):
        return {}
    units = Counter[str]()
    for outcome in outcomes:
        units[outcome.action.table.name] += 2 * write.units_of(outcome)  # clause D4
    return capacity.consumed_each(request, units, kind="Write")


def _replayed(
    connection: sqlite3.Connection, request: Request, actions: Sequence[WriteAction]
) -> dict[str, Any]:
    """Return the reply to a request that is done already: it cost reads (clause D2)."""
    if not capacity.wanted(request):
        return {}
    stored = rows.read(connection, [action.key for action in actions])
    units = Counter[str]()
    for action in actions:
        row = stored.get(action.key)
        size = 0 if row is None else attribute.item_size_bytes(attribute.decode(row.blob))
        units[action.table.name] += int(2 * capacity.read_units(size, consistent=True))
    return capacity.consumed_each(request, units, kind="Read")
