"""Named parameters: found where they stand, and nowhere else."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from local.aws_error import AwsError
from local.redshift_data.parameters import BoundSql, bind
from tests.local.redshift_data.desk import WHERE, ScriptedWarehouse, over

POLL = {"name": "poll", "value": "cube"}


@pytest.mark.parametrize(
    ("sql", "bound", "count"),
    [
        ("select :poll", "select $1", 1),
        ("select :poll,:poll", "select $1,$1", 1),
        ("select x::text = :poll::text", "select x::text = $1::text", 1),
        ("select ':poll' || :poll", "select ':poll' || $1", 1),
        ("select 'it''s :poll', :poll", "select 'it''s :poll', $1", 1),
        (r"select 'it\'s :poll', :poll", r"select 'it\'s :poll', $1", 1),
        ('select ":poll", :poll', 'select ":poll", $1', 1),
        ("select :poll -- not :poll\n, :poll", "select $1 -- not :poll\n, $1", 1),
        ("select /* :poll\n*/ :poll", "select /* :poll\n*/ $1", 1),
    ],
)
def test_a_parameter_stands_outside_of_strings_names_and_comments(
    sql: str, bound: str, count: int
) -> None:
    assert bind([sql], [POLL]) == [BoundSql(bound, ("cube",) * count)]


def test_each_statement_of_a_batch_gets_the_values_that_it_uses() -> None:
    more = {"name": "seq", "value": "7"}
    sqls = ["select :seq, :poll", "select 1", "select :poll"]
    assert bind(sqls, [POLL, more]) == [
        BoundSql("select $1, $2", ("7", "cube")),
        BoundSql("select 1"),
        BoundSql("select $1", ("cube",)),
    ]


def test_values_travel_beside_the_statement(client: Any, warehouse: ScriptedWarehouse) -> None:
    """Nothing in a value is ever read as SQL."""
    evil = "'; drop table votes; --"
    parameters = [{"name": "poll", "value": evil}]
    reply = client.execute_statement(Sql="select :poll", Parameters=parameters, **WHERE)
    assert over(client, reply["Id"])["QueryParameters"] == parameters
    assert warehouse.said[1] == "select $1"
    assert warehouse.values == [(evil,)]


@given(st.text())
def test_a_statement_without_parameters_is_left_alone(sql: str) -> None:
    assert bind([sql], []) == [BoundSql(sql)]


@given(st.text())
def test_any_text_is_bound_or_refused(sql: str) -> None:
    """One parameter more at the end: all that stands before it is kept."""
    try:
        (bound,) = bind([f"{sql} :poll"], [POLL])
    except AwsError as refused:  # its string is open, or it names a parameter of its own
        assume(refused.code != "ValidationException")
        raise
    assert bound.values == ("cube",)
    assert bound.sql.replace("$1", ":poll") == f"{sql} :poll".replace("$1", ":poll")
