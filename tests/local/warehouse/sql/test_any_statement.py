"""Any text in, an answer or a WarehouseError out, and a session that goes on."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.warehouse.error import WarehouseError
from tests.local.warehouse.sql.client import Client, Lake

WORDS = """
    select from where insert into values update set delete merge using when matched then create
    table temp view materialized as drop alter add column rename to truncate lock begin commit
    rollback read only copy unload iam_role default json 'auto' csv gzip manifest maxerror
    's3://lake/k' show explain refresh grant vacuum analyze ( ) , . * = 'x' "y" $1 1 2.5 t u a b
    int varchar not null distkey sortkey encode zstd like if exists cascade with no schema
    binding select * from t group by order limit union all ; -- /* */ trunc(a) getdate() sum(a)
    avg(a) over() count(*)
"""
SCRAMBLED = st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join)
OPENINGS = st.sampled_from(
    [
        "", "select ", "insert into t values ", "create table u ", "copy t from 's3://lake/k' ",
        "alter table t ", "merge into t using u on ", "unload ('select 1') to 's3://lake/o' ",
        "drop ", "create view v as select ", "update t set ", "explain ", "set ", "begin ", "lock ",
    ]
)  # fmt: skip


def state_of(client: Client, sql: str) -> str:
    """Return the SQLSTATE of the first refusal, or nothing."""
    try:
        for statement in client.session.split(sql):
            client.session.describe(statement, (705,))
            client.ask(statement, "1")
    except WarehouseError as error:
        return error.sqlstate
    return ""


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(OPENINGS, st.one_of(SCRAMBLED, st.text(max_size=30)), st.booleans())
def test_any_text_is_answered_or_refused_and_the_session_goes_on(
    client: Client, lake: Lake, opening: str, text: str, block: bool
) -> None:
    lake.put("k", '{"a": 1}\n')
    client.run("create table if not exists t (a int, b varchar(9))")
    if block:
        client.run("begin")
    assert len(state_of(client, opening + text)) in (0, 5)
    client.run("rollback")
    assert client.one("select 1") == 1
