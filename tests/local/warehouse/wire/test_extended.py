"""Parse, Bind, Describe, Execute, Close, Sync: message by message."""

import struct

import pytest

from local.warehouse.server import WarehouseServer
from tests.local.warehouse.wire.raw_client import (
    FLUSH,
    SYNC,
    RawClient,
    bind,
    bodies,
    close,
    columns,
    describe,
    error_fields,
    execute,
    frame,
    kinds,
    parse,
    query,
    raw_client,
    rows,
    status,
    tags,
    text,
)

INT4, INT8 = 23, 20
TEN = " union all ".join(f"select {n} as n" for n in range(1, 11)) + " order by n"


def test_columns_are_described_before_there_are_values(client: RawClient) -> None:
    answers = client.ask(
        parse("select cast($1 as integer) as n, 'x' as t", [INT4], name="s"),
        describe("S", "s"),
        SYNC,
    )
    assert kinds(answers) == "1tTZ"
    assert bodies(answers, "t") == [struct.pack("!Hi", 1, INT4)]
    assert [column[::2] for column in columns(answers)] == [("n", 0), ("t", 0)]


def test_a_statement_without_rows_is_described_as_such(client: RawClient) -> None:
    answers = client.ask(parse("begin"), describe("S"), SYNC)
    assert kinds(answers) == "1tnZ"
    assert status(answers) == "I"


def test_a_prepared_statement_is_bound_again_and_again(client: RawClient) -> None:
    client.ask(parse("select cast($1 as integer) + 1 as n", [INT4], name="s"), SYNC)
    for number in (1, 41):
        value = struct.pack("!i", number)
        bound = bind([value], formats=[1], result_formats=[1], statement="s")
        answers = client.ask(bound, execute(), SYNC)
        assert kinds(answers) == "2DCZ"
        assert rows(answers) == [(struct.pack("!i", number + 1),)]
        assert tags(answers) == ["SELECT 1"]


def test_a_portal_is_described_in_the_formats_it_was_bound_with(client: RawClient) -> None:
    answers = client.ask(
        parse("select cast(7 as integer) as a, cast(8 as integer) as b"),
        bind(result_formats=[1, 0]),
        describe("P"),
        execute(),
        SYNC,
    )
    assert kinds(answers) == "12TDCZ"
    assert columns(answers) == [("a", INT4, 1), ("b", INT4, 0)]
    assert rows(answers) == [(struct.pack("!i", 7), b"8")]


def test_null_and_text_parameters(client: RawClient) -> None:
    answers = client.ask(
        parse("select cast($1 as varchar) as a, cast($2 as varchar) as b", [0, 705]),
        bind([None, b"na\xc3\xafve"]),
        execute(),
        SYNC,
    )
    assert rows(answers) == [(None, "naïve".encode())]


def test_a_row_limit_suspends_the_portal(client: RawClient) -> None:
    answers = client.ask(query("begin"), parse(TEN), bind(portal="p"), execute(4, portal="p"), SYNC)
    answers = client.until_ready()
    assert kinds(answers) == "12DDDDsZ"
    answers = client.ask(execute(6, portal="p"), SYNC)
    assert kinds(answers) == "DDDDDDsZ"  # it does not know yet that it is at its end
    answers = client.ask(execute(6, portal="p"), SYNC)
    assert (kinds(answers), tags(answers)) == ("CZ", ["SELECT 0"])
    assert status(client.ask(query("commit"))) == "I"


def test_a_suspended_portal_outlives_other_statements_of_its_transaction(
    client: RawClient,
) -> None:
    client.ask(query("begin"))
    client.ask(parse(TEN), bind(portal="p"), execute(4, portal="p"), SYNC)
    assert rows(client.ask(query("select 'between'"))) == [(b"between",)]
    client.ask(parse(TEN), bind(portal="q"), execute(1, portal="q"), SYNC)
    answers = client.ask(execute(0, portal="p"), execute(0, portal="q"), SYNC)
    assert [int(row[0] or b"") for row in rows(answers)] == [5, 6, 7, 8, 9, 10, *range(2, 11)]
    assert tags(answers) == ["SELECT 6", "SELECT 9"]


def test_a_portal_ends_with_its_transaction(client: RawClient) -> None:
    client.ask(parse(TEN), bind(portal="p"), execute(4, portal="p"), SYNC)
    fields = error_fields(client.ask(execute(0, portal="p"), SYNC))
    assert (fields["C"], fields["M"]) == ("34000", 'portal "p" does not exist')


def test_an_error_skips_to_the_next_sync(client: RawClient) -> None:
    answers = client.ask(
        parse("select nothing_like_it from nowhere"), bind(), execute(), query("select 1"), SYNC
    )
    assert kinds(answers) == "EZ"
    assert error_fields(answers)["C"] != ""
    assert kinds(client.ask(query("select 1"))) == "TDCZ"


def test_a_statement_that_is_not_understood_leaves_no_name_behind(client: RawClient) -> None:
    client.ask(parse("select nothing_like_it from nowhere", name="s"), SYNC)
    assert kinds(client.ask(parse("select 1", name="s"), SYNC)) == "1Z"


@pytest.mark.parametrize(
    ("messages", "sqlstate"),
    [
        ([bind(statement="none")], "26000"),
        ([describe("S", "none")], "26000"),
        ([describe("P", "none")], "34000"),
        ([execute(portal="none")], "34000"),
        ([parse("select 1", name="s"), parse("select 1", name="s")], "42P05"),
        ([parse("select 1"), bind(portal="p"), bind(portal="p")], "42P03"),
        ([parse("select 1; select 2")], "42601"),
        ([parse("select 1"), bind([b"1"])], "08P01"),
        ([parse("select 1"), bind(result_formats=[0, 0])], "08P01"),
        ([parse("select 1"), bind(result_formats=[2])], "08P01"),
        ([parse("select cast($1 as integer)", [INT8]), bind([b"x"])], "22P02"),
        ([describe("X")], "08P01"),
        ([close("X")], "08P01"),
        ([frame("B", b"half")], "08P01"),
        ([frame("H", b"more")], "08P01"),
        ([frame("P", b"\xff\0\0\0\0")], "22021"),
    ],
)
def test_what_cannot_be_is_refused_and_the_connection_goes_on(
    client: RawClient, messages: list[bytes], sqlstate: str
) -> None:
    answers = client.ask(*messages, SYNC)
    fields = error_fields(answers)
    assert (fields["S"], fields["C"]) == ("ERROR", sqlstate)
    assert status(answers) == "I"
    assert rows(client.ask(query("select 1"))) == [(b"1",)]


def test_what_is_closed_is_gone_and_closing_nothing_is_no_error(client: RawClient) -> None:
    answers = client.ask(
        parse(TEN, name="s"),
        bind(statement="s", portal="p"),
        close("S", "s"),
        close("P", "other"),
        close("S", "other"),
        SYNC,
    )
    assert kinds(answers) == "12333Z"
    assert error_fields(client.ask(describe("S", "s"), SYNC))["C"] == "26000"


def test_an_empty_statement_is_answered_as_empty(client: RawClient) -> None:
    answers = client.ask(parse("-- nothing"), describe("S"), bind(), execute(), SYNC)
    assert kinds(answers) == "1tn2IZ"


def test_deallocate_forgets_statements(client: RawClient) -> None:
    client.ask(parse("select 1", name="s"), parse("select 2", name="T"), SYNC)
    assert tags(client.ask(query("deallocate S"))) == ["DEALLOCATE"]
    assert error_fields(client.ask(describe("S", "s"), SYNC))["C"] == "26000"
    assert tags(client.ask(parse('DEALLOCATE "T"'), bind(), execute(), SYNC)) == ["DEALLOCATE"]
    assert error_fields(client.ask(query("deallocate prepare s")))["C"] == "26000"
    client.ask(parse("select 1", name="s"), SYNC)
    client.ask(query("deallocate all;"))
    assert error_fields(client.ask(describe("S", "s"), SYNC))["C"] == "26000"


def test_flush_brings_answers_without_a_sync(client: RawClient) -> None:
    client.send(parse("select 1"), FLUSH)
    assert client.read()[0] == "1"
    client.send(bind(), execute(), FLUSH)
    assert "".join(client.read()[0] for _ in range(3)) == "2DC"
    assert status(client.ask(SYNC)) == "I"


def inserted(number: int) -> list[bytes]:
    return [parse(f"insert into t values ({number})"), bind(), execute()]


def counted(server: WarehouseServer) -> bytes | None:
    """Return what another connection sees."""
    with raw_client(server) as other:
        ((count,),) = rows(other.ask(query("select count(*) from t")))
        return count


def test_statements_up_to_a_sync_are_one_transaction(
    server: WarehouseServer, client: RawClient
) -> None:
    client.ask(query("create table t (n integer)"))
    answers = client.ask(*inserted(1), *inserted(2), SYNC)
    assert (tags(answers), status(answers)) == (["INSERT 0 1", "INSERT 0 1"], "I")
    assert counted(server) == b"2"
    answers = client.ask(*inserted(3), parse("select * from nowhere"), SYNC)
    assert (kinds(answers), status(answers)) == ("12CEZ", "I")
    assert counted(server) == b"2"


def test_begin_in_a_pipeline_makes_its_transaction_the_clients_own(
    server: WarehouseServer, client: RawClient
) -> None:
    client.ask(query("create table t (n integer)"))
    answers = client.ask(*inserted(1), parse("begin"), bind(), execute(), *inserted(2), SYNC)
    assert (tags(answers), status(answers)) == (["INSERT 0 1", "BEGIN", "INSERT 0 1"], "T")
    assert counted(server) == b"0"
    assert status(client.ask(parse("commit"), bind(), execute(), SYNC)) == "I"
    assert counted(server) == b"2"


def test_an_error_in_a_transaction_fails_it_until_rollback(client: RawClient) -> None:
    client.ask(query("begin"))
    assert status(client.ask(parse("select * from nowhere"), SYNC)) == "E"
    answers = client.ask(parse("select 1"), bind(), execute(), SYNC)
    assert (error_fields(answers)["C"], status(answers)) == ("25P02", "E")
    answers = client.ask(parse("rollback"), bind(), execute(), SYNC)
    assert (tags(answers), status(answers)) == (["ROLLBACK"], "I")


def test_a_view_that_changed_its_columns_is_not_sent_under_the_old_ones(
    server: WarehouseServer, client: RawClient
) -> None:
    client.ask(query("create table t (n integer)"))
    client.ask(query("insert into t values (1)"))
    client.ask(parse("select * from t", name="s"), SYNC)
    with raw_client(server) as other:
        other.ask(query("alter table t add column m integer"))
    answers = client.ask(bind(statement="s"), execute(), SYNC)
    assert error_fields(answers)["M"] == "cached plan must not change result type"


def test_too_many_portals_are_refused(client: RawClient) -> None:
    client.ask(parse("select 1", name="s"), SYNC)
    answers = client.ask(*(bind(statement="s", portal=str(n)) for n in range(65)), SYNC)
    assert kinds(answers) == "2" * 64 + "EZ"
    assert error_fields(answers)["C"] == "53200"


def test_too_many_parameters_are_refused(client: RawClient) -> None:
    message = frame("P", text("") + text("select 1") + struct.pack("!H", 40_000) + b"\0" * 160_000)
    assert error_fields(client.ask(message, SYNC))["C"] == "54000"
