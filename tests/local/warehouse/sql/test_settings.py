"""SET and SHOW in, settings that clients rely on out."""

import pytest

from tests.local.warehouse.sql.client import Client


def test_settings_are_set_shown_and_reset(client: Client) -> None:
    client.run("set query_group to 'history'", "set session application_name = 'tests'")
    assert client.one("show query_group") == "history"
    assert client.one("show application_name") == "tests"
    client.run("reset query_group")
    assert client.one("show query_group") == "default"
    client.run("set search_path to public, pg_catalog", "reset all")
    assert client.one("show search_path") == '"$user", public'
    assert client.one("show transaction isolation level") == "serializable"
    assert ("timezone", "UTC") in client.ask("show all")


@pytest.mark.parametrize(
    "sql",
    [
        "set extra_float_digits = 3",
        "set datestyle to 'ISO'",
        "set client_encoding to 'UTF8'",
        "set enable_result_cache_for_session to off",
        "set time zone 'UTC'",
        "set session characteristics as transaction isolation level serializable",
        "set statement_timeout to default",
    ],
)
def test_what_clients_send_at_once_is_taken(client: Client, sql: str) -> None:
    assert client.tag(sql) == "SET"


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("set frobnicate to 1", "42704"),
        ("show frobnicate", "42704"),
        ("reset frobnicate", "42704"),
        ("set statement_timeout to 'soon'", "22023"),
        ("set enable_case_sensitive_identifier to true", "0A000"),
        ("set session authorization other", "0A000"),
        ("set search_path to house, public", "0A000"),
        ("set timezone to 'Nowhere/None'", "22023"),
        ("set query_group", "42601"),
        ("show tables from schema votes.public", "0A000"),
    ],
)
def test_a_setting_that_is_unknown_is_refused(client: Client, sql: str, state: str) -> None:
    assert client.state(sql) == state


def test_a_time_zone_moves_what_is_shown(client: Client) -> None:
    client.run("set timezone to 'Europe/Berlin'")
    text = client.one("select cast(timestamptz '2026-07-01 12:00:00+00' as varchar(30))")
    assert str(text).startswith("2026-07-01 14:00:00")


def test_a_statement_that_takes_too_long_is_cancelled(client: Client) -> None:
    client.run("create table t (a int)", "insert into t values (1),(2),(3),(4),(5),(6),(7),(8)")
    client.run("set statement_timeout to 50")
    tables = ", ".join(f"t t{n}" for n in range(12))
    error = client.refused(f"select count(*) from {tables} where t0.a + t1.a = t2.a * t11.a")
    assert error.sqlstate == "57014"
    assert "timeout" in error.message
    client.run("set statement_timeout to 0")
    assert client.one("select 1") == 1
