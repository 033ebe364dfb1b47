"""Texts in, tokens out: nothing inside a literal, a name or a comment is taken for SQL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.warehouse.dialect.lexer import Kind, Token, split_statements, tokens_of
from local.warehouse.error import WarehouseError


def values(sql: str) -> list[str]:
    return [token.value for token in tokens_of(sql)]


def test_parameters_side_by_side_are_no_dollar_quote() -> None:
    assert values("values($1,$2)") == ["values", "(", "$1", ",", "$2", ")"]


def test_comments_are_left_out_and_nest() -> None:
    assert values("select /* a /* b */ ; c */ 1 -- ; select\n, 2") == ["select", "1", ",", "2"]


def test_a_backslash_escapes_in_a_literal_as_in_redshift() -> None:
    (token,) = tokens_of(r"'it\'s a\\b''c'")
    assert (token.kind, token.value) == (Kind.STRING, r"it's a\b'c")


def test_duckdb_literals_have_no_escapes() -> None:
    (token, sign, _) = tokens_of(r"'a\' || 'b'", backslash_escapes=False)
    assert sign.value == "||"
    assert token.end == 4


@pytest.mark.parametrize("sql", ["select 'a", 'select "a', "select /* a", r"'a\'"])
def test_what_does_not_end_is_refused(sql: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        tokens_of(sql)
    assert caught.value.sqlstate == "42601"


def test_statements_are_split_at_semicolons_outside_literals() -> None:
    sql = "-- first\nselect ';' ; ;; /* ; */ select \";\" from t;\n-- nothing\n"
    assert split_statements(sql) == ["-- first\nselect ';'", '/* ; */ select ";" from t']


@given(st.text())
def test_any_literal_comes_back(text: str) -> None:
    quoted = "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    (token,) = tokens_of(quoted)
    assert token.value == text


@given(st.text())
def test_any_name_comes_back(text: str) -> None:
    (token,) = tokens_of('"' + text.replace('"', '""') + '"')
    assert (token.kind, token.value) == (Kind.NAME, text)


def tokens_or_none(text: str) -> list[Token] | None:
    try:
        return tokens_of(text)
    except WarehouseError:
        return None


@given(st.text())
def test_any_text_gives_tokens_in_order_or_an_error(text: str) -> None:
    place = 0
    for token in tokens_or_none(text) or ():
        assert place <= token.start < token.end <= len(text)
        place = token.end
