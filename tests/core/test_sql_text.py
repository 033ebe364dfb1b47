"""SQL text is taken apart as a server would take it apart, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.sql_text import TokenKind, parameters_of, seen, statements_of, tokens_of

PIECES = st.sampled_from(
    [
        "SELECT",
        " ",
        "\n",
        "'it''s'",
        "';'",
        '"a;b"',
        "-- :no ; '\n",
        "/* :no ; ' */",
        ":name",
        "::int",
        ";",
        "(",
        ")",
        "1.5e3",
        "$$x;y$$",
        "é",
        "\N{SNOWMAN}",
        "/",
        "-",
        ":",
    ]
)


@given(st.lists(PIECES))
def test_the_pieces_of_a_text_are_the_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        tokens = tokens_of(text)
    except QueryRefused:
        return
    assert "".join(token.text for token in tokens) == text


@given(st.text())
def test_any_text_is_taken_apart_or_refused_by_name(text: str) -> None:
    try:
        tokens = tokens_of(text)
    except QueryRefused as error:
        refusal = str(error)
    else:
        assert "".join(token.text for token in tokens) == text
        return
    assert refusal.startswith("reading SQL: ")


def test_what_stands_in_strings_names_and_comments_is_no_code() -> None:
    sql = """SELECT ':a;' AS ":b;" -- :c; '
    , $x$ :d; ' $x$ /* :e; " */ FROM t WHERE k = :f AND m = :g::int; SELECT 2"""
    assert parameters_of(sql) == {"f", "g"}
    assert len(statements_of(sql)) == 2
    assert statements_of(sql)[1] == "SELECT 2"


def test_statements_lose_their_semicolons_and_empty_ones_are_left_out() -> None:
    assert statements_of(";; -- nothing\n; SELECT 1 ;\n /* end */ ") == ["SELECT 1"]
    assert statements_of("") == []


def test_a_line_ends_where_a_server_ends_it() -> None:
    words = [token.text for token in seen(tokens_of("SELECT 1 -- a\rDELETE -- b\nDROP"))]
    assert words == ["SELECT", "1", "DELETE", "DROP"]


def test_a_cast_is_no_parameter() -> None:
    assert parameters_of("SELECT x::INT, y::VARCHAR(5), :z") == {"z"}


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT 'a", "' is not closed"),
        ('SELECT "a', '" is not closed'),
        ("SELECT 1 /* a", "/* is not closed"),
        ("SELECT 'a''", "' is not closed"),
        ("SELECT '\\'; DROP TABLE votes; --'", "a backslash before a quote"),
        ("SELECT 1 /* a /* b */ c */", "a comment within a comment"),
        ("SELECT 1\0", "a NUL character"),
    ],
)
def test_what_two_servers_could_read_apart_is_refused(sql: str, why: str) -> None:
    with pytest.raises(QueryRefused, match="reading SQL") as refused:
        tokens_of(sql)
    assert why in str(refused.value)


def test_only_space_and_comments_mean_nothing() -> None:
    kinds = [token.kind for token in seen(tokens_of("a /* b */ 'c' -- d"))]
    assert kinds == [TokenKind.WORD, TokenKind.STRING]
