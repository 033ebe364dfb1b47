"""Query: one message, any number of statements, answered in text."""

import pytest

from local.warehouse.server import WarehouseServer
from tests.local.warehouse.wire.raw_client import (
    TERMINATE,
    RawClient,
    bodies,
    columns,
    error_fields,
    frame,
    kinds,
    query,
    raw_client,
    rows,
    status,
    tags,
)


def test_a_query_is_answered_in_text(client: RawClient) -> None:
    answers = client.ask(query("select cast(7 as integer) as n, 'x' as t, null as z"))
    assert kinds(answers) == "TDCZ"
    assert rows(answers) == [(b"7", b"x", None)]
    assert [name for name, _, _ in columns(answers)] == ["n", "t", "z"]


def test_no_rows_are_described_all_the_same(client: RawClient) -> None:
    answers = client.ask(query("select 1 as n where 1 = 2"))
    assert (kinds(answers), tags(answers)) == ("TCZ", ["SELECT 0"])


@pytest.mark.parametrize("nothing", ["", ";", "  -- only a comment"])
def test_an_empty_query_is_answered_as_empty(client: RawClient, nothing: str) -> None:
    assert kinds(client.ask(query(nothing))) == "IZ"


def test_several_statements_are_answered_one_by_one(client: RawClient) -> None:
    answers = client.ask(
        query("create table t (n integer); insert into t values (1), (2); select * from t")
    )
    assert kinds(answers) == "CCTDDCZ"
    assert tags(answers) == ["CREATE TABLE", "INSERT 0 2", "SELECT 2"]
    assert status(answers) == "I"


def test_several_statements_are_one_transaction(server: WarehouseServer, client: RawClient) -> None:
    client.ask(query("create table t (n integer)"))
    answers = client.ask(query("insert into t values (1); select * from nowhere; select 3"))
    assert kinds(answers) == "CEZ"
    assert status(answers) == "I"
    with raw_client(server) as other:
        assert rows(other.ask(query("select count(*) from t"))) == [(b"0",)]


def test_commit_inside_ends_the_transaction_of_what_came_before(
    server: WarehouseServer, client: RawClient
) -> None:
    client.ask(query("create table t (n integer)"))
    answers = client.ask(
        query("insert into t values (1); commit; insert into t values (2); select * from nowhere")
    )
    assert status(answers) == "I"
    with raw_client(server) as other:
        assert rows(other.ask(query("select n from t"))) == [(b"1",)]


def test_begin_after_commit_inside_opens_a_transaction_of_its_own(client: RawClient) -> None:
    client.ask(query("create table t (n integer)"))
    answers = client.ask(query("insert into t values (1); commit; begin; insert into t values (2)"))
    assert (tags(answers)[2], status(answers)) == ("BEGIN", "T")
    client.ask(query("rollback"))
    assert rows(client.ask(query("select n from t"))) == [(b"1",)]


def test_begin_inside_leaves_the_transaction_open(client: RawClient) -> None:
    answers = client.ask(query("/* so */ begin; select 1"))
    assert (tags(answers), status(answers)) == (["BEGIN", "SELECT 1"], "T")
    assert status(client.ask(query("rollback"))) == "I"


def test_an_error_in_a_transaction_fails_it_until_rollback(client: RawClient) -> None:
    client.ask(query("begin"))
    assert status(client.ask(query("select * from nowhere"))) == "E"
    answers = client.ask(query("select 1"))
    assert (error_fields(answers)["C"], status(answers)) == ("25P02", "E")
    answers = client.ask(query("commit"))
    assert (tags(answers), status(answers)) == (["ROLLBACK"], "I")


def test_copying_through_the_connection_is_refused_by_name(client: RawClient) -> None:
    for kind in "dcf":
        client.send(frame(kind, b"1\t2\n\0"))
    answers = client.ask(query("select 1"))
    assert kinds(answers) == "EEETDCZ"
    for body in bodies(answers, "E"):
        assert b"C0A000\0" in body
        assert b"COPY table FROM 's3://" in body


def test_a_function_call_is_refused_by_name(client: RawClient) -> None:
    answers = client.ask(frame("F", b"\0" * 10))
    assert kinds(answers) == "EZ"
    assert error_fields(answers)["C"] == "0A000"


def test_a_message_of_no_known_kind_ends_the_connection(client: RawClient) -> None:
    client.send(frame("~"))
    assert b"FATAL\0C08P01\0Minvalid frontend message type 126" in client.rest()


def test_a_text_that_is_not_utf8_is_refused(client: RawClient) -> None:
    answers = client.ask(frame("Q", b"select '\xff'\0"))
    assert (kinds(answers), error_fields(answers)["C"]) == ("EZ", "22021")


def test_terminate_ends_the_connection(client: RawClient) -> None:
    client.send(TERMINATE)
    assert client.rest() == b""
