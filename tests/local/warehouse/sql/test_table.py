"""CREATE, ALTER, DROP and TRUNCATE in, tables as Redshift would have them out."""

import pytest

from tests.local.warehouse.sql.client import Client

WIDE = """
create table wide (
    id        bigint identity(1, 1),
    poll      varchar(8)  not null encode zstd distkey,
    "encode"  char(3)     default 'abc' encode bytedict,
    "sortkey" varchar(max),
    short     smallint    encode az64,
    price     decimal(6, 2) null,
    ratio     float4,
    wide      double precision,
    ok        bool        default true,
    day       date,
    at        timestamp   default getdate(),
    zoned     timestamptz,
    clock     time,
    bits      varbyte(16),
    doc       super,
    unique (poll),
    primary key (id),
    foreign key (poll) references other (name)
) backup no diststyle key compound sortkey (poll, at)
"""


def test_every_attribute_of_a_table_is_understood(client: Client) -> None:
    """E4, E6: sort and distribution keys are taken, checked and shown; they move nothing here."""
    client.run(WIDE)
    found = client.ask(
        'select "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def '
        "where tablename = 'wide'"
    )
    described = {str(row[0]): row[1:] for row in found}
    assert described["poll"] == ("character varying(8)", "zstd", True, 1, True)
    assert described["encode"] == ("character(3)", "bytedict", False, 0, False)
    assert described["sortkey"][0] == "character varying(65535)"
    assert described["at"] == ("timestamp without time zone", "none", False, 2, False)
    assert described["price"][0] == "numeric(6,2)"
    assert [described[name][0] for name in ("ratio", "wide", "doc", "bits", "zoned")] == [
        "real", "double precision", "super", "binary varying(16)", "timestamp with time zone",
    ]  # fmt: skip


def test_identities_count_and_defaults_fill(client: Client) -> None:
    client.run(WIDE, "insert into wide (poll) values ('a'), ('b')")
    assert client.ask('select id, "encode", ok, at = getdate() from wide order by id') == [
        (1, "abc", True, False), (2, "abc", True, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "state"),
    [("'1234567890'", "22001"), ("'äöüäö'", "22001"), ("null", "23502")],
)
def test_lengths_in_bytes_and_not_null_are_enforced(client: Client, value: str, state: str) -> None:
    client.run("create table t (poll varchar(8) not null)", "insert into t values ('äöü12')")
    error = client.refused(f"insert into t values ({value})")
    assert error.sqlstate == state
    assert client.state(f"update t set poll = {value}") == state
    if state == "22001":
        assert error.message == "value too long for type character varying(8)"


def test_keys_are_not_enforced_as_in_redshift(client: Client) -> None:
    """C54: a COPY that is retried brings its rows again, and no key keeps them out."""
    client.run("create table t (a int primary key, b int unique references t (a))")
    client.run("insert into t values (1, 2), (1, 2)")
    assert client.one("select count(*) from t") == 2
    assert client.state("insert into t values (null, 1)") == "23502"


def test_like_copies_columns_lengths_and_keys(client: Client) -> None:
    client.run(WIDE, "create temp table copied (like wide)")
    client.run("create table copied_too (like wide including defaults)")
    client.run("insert into copied (poll) values ('a')")
    assert client.ask('select id, "encode" from copied') == [(None, None)]
    assert client.state("insert into copied (poll) values ('123456789')") == "22001"
    client.run("insert into copied_too (poll) values ('a')")
    assert client.one('select "encode" from copied_too') == "abc"
    assert client.ask(
        "select diststyle, sortkey1 from svv_table_info where \"table\" = 'copied_too'"
    ) == [("KEY(poll)", "poll")]


def test_create_table_as_has_redshifts_types(client: Client) -> None:
    client.run("create table t (a int)", "insert into t values (1), (2)")
    assert client.tag(
        "create table u distkey (s) sortkey (s) as select sum(a) as s, null as n from t"
    ) == ("SELECT 1")
    assert client.ask("select column_name, data_type from svv_columns where table_name = 'u' "
                      "order by ordinal_position") == [
        ("s", "bigint"), ("n", "character varying"),
    ]  # fmt: skip
    client.run("create temp table v (x, y) as select a, a * 2 from t")
    assert client.names("select * from v") == ["x", "y"]
    client.run("select a, a + 1 as b into temp table w from t where a > 1")
    assert client.ask("select * from w") == [(2, 3)]


def test_if_not_exists_leaves_a_table_alone(client: Client) -> None:
    client.run("create table t (a int)", "insert into t values (1)")
    client.run("create table if not exists t (a int, b int)")
    assert client.ask("select * from t") == [(1,)]
    assert client.state("create table t (a int)") == "42P07"


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("create table t (a int, a int)", "42701"),
        ("create table t (a frob)", "42704"),
        ("create table t (a int encode frob)", "42704"),
        ("create table t (a varchar(70000))", "42611"),
        ("create table t (a decimal(39, 0))", "42611"),
        ("create table t (a int) distkey (b)", "42703"),
        ("create table t (a int) sortkey (b)", "42703"),
        ("create table t (a int) diststyle even distkey (a)", "42601"),
        ("create table t (a int) frobnicate", "42601"),
        ("create table t (a int", "42601"),
        ("create table t ()", "42601"),
        ("create table t (like nowhere)", "42P01"),
        ("create table t as select 1 as a, 2 as a", "42701"),
        ("create table t (a) as select 1, 2", "42601"),
        ("create table t (a geometry)", "0A000"),
        ("create table pg_catalog.t (a int)", "42501"),
        ("create table cube_system.t (a int)", "42501"),
        ("create table dev.public.t (a int)", "0A000"),
        ("create table nowhere.t (a int)", "3F000"),
        ("create table t (a int default b)", "42601"),
    ],
)
def test_a_table_that_cannot_be_is_refused(client: Client, sql: str, state: str) -> None:
    found = client.state(sql)
    assert found == state


def test_altering_a_table(client: Client) -> None:
    client.run(
        "create table t (a int)",
        "insert into t values (1)",
        "alter table t add column b varchar(5) default 'x' encode zstd",
        "alter table t rename column a to c",
        "alter table t alter column b encode lzo",
        "alter table t alter distkey c",
        "alter table t alter sortkey (c)",
        "alter table t owner to cube",
        "alter table t add primary key (c)",
        "alter table t rename to u",
    )
    assert client.ask("select c, b from u") == [(1, "x")]
    client.run("alter table u drop column b")
    assert client.names("select * from u") == ["c"]
    assert client.state("alter table nowhere add column a int") == "42P01"
    assert client.state("alter table u add column d int not null") == "42601"
    assert client.state("alter table u alter column c type bigint") == "0A000"
    assert client.state("alter table u frobnicate") == "42601"


def test_append_moves_rows(client: Client) -> None:
    client.run(
        "create table t (a int, b int)", "create table s (a int)", "insert into s values (1)"
    )
    assert client.state("alter table t append from s") == "42601"
    assert client.tag("alter table t append from s filltarget") == "ALTER TABLE APPEND"
    assert client.ask("select * from t") == [(1, None)]
    assert client.ask("select * from s") == []
    client.run("begin")
    assert client.state("alter table t append from s filltarget") == "25001"


def test_dropping_what_a_view_needs(client: Client) -> None:
    client.run("create table t (a int)", "create view v as select a from t")
    error = client.refused("drop table t")
    assert (error.sqlstate, error.hint != "") == ("2BP01", True)
    assert client.state("drop view t") == "42809"
    client.run("drop table t cascade")
    assert client.state("select * from v") == "42P01"
    assert client.state("drop table t") == "42P01"
    client.run("drop table if exists t, u")


def test_a_late_binding_view_outlives_its_table(client: Client) -> None:
    client.run(
        "create table t (a int)", "create view v as select a from public.t with no schema binding"
    )
    client.run("drop table t", "create table t (a int)", "insert into t values (7)")
    assert client.ask("select * from v") == [(7,)]


def test_views_are_replaced_and_show_their_text(client: Client) -> None:
    client.run("create table t (a int)", "insert into t values (1)")
    client.run(
        "create view v as select a as x from t", "create or replace view v (y) as select a from t"
    )
    assert client.names("select * from v") == ["y"]
    assert client.one("select definition from pg_views where viewname = 'v'") == "select a from t"
    assert client.state("create view v as select 1") == "42P07"
    assert client.state("create view w as delete from t") == "42601"


def test_schemas(client: Client) -> None:
    client.run(
        "create schema if not exists house authorization cube", "create table house.t (a int)"
    )
    client.run("insert into house.t values (1)")
    assert client.ask("select a from house.t") == [(1,)]
    assert client.one("select count(*) from svv_all_schemas where schema_name = 'house'") == 1
    assert client.state("create schema cube_x") == "42939"
    assert client.state("drop schema public") == "42501"
    client.run("drop schema house cascade")
    assert client.state("select * from house.t") in ("42P01", "3F000")


def test_what_needs_nothing_here_says_so_with_its_tag(client: Client) -> None:
    """E8: VACUUM and ANALYZE are answered; DuckDB needs neither."""
    client.run("create table t (a int)")
    for sql, tag in {
        "grant select on t to public": "GRANT",
        "revoke all on t from public": "REVOKE",
        "vacuum full t to 99 percent": "VACUUM",
        "analyze t": "ANALYZE",
        "comment on table t is 'x'": "COMMENT",
    }.items():
        assert client.tag(sql) == tag
    client.run("begin")
    assert client.state("vacuum t") == "25001"
