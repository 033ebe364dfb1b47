"""The statements of a load: whole, small enough, and nothing that a name could break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.poll import PollRules
from processors.lake import LakeObject
from processors.load import BYTES_MAX, OBJECTS_MAX, chunks
from processors.load_sql import copy_load, landing_load, literal, missing_rules, moment, rules_batch

STATEMENT_BYTES_MAX = 100_000  # Data API (clause E13)
STATEMENTS_MAX = 40
KEY = "votes/2026/11/25/13/" + "n" * 180 + ".gz"


def load_of(count: int) -> list[str]:
    objects = [LakeObject(f"{KEY}{number}", 10**9) for number in range(count)]
    return copy_load(
        "load-1790000000000-deadbeef", objects, manifest="s3://b/m.json", copy_role="default"
    )


def test_the_largest_load_fits_one_batch_of_the_data_api() -> None:
    """E13: 40 statements of 100 kB each."""
    load = load_of(OBJECTS_MAX)
    assert len(load) <= STATEMENTS_MAX
    assert max(len(statement.encode()) for statement in load) < STATEMENT_BYTES_MAX


def test_a_load_locks_first_and_writes_its_manifest_in_the_same_transaction() -> None:
    load = load_of(2)
    assert load[0] == "LOCK TABLE loaded_objects"
    assert any(statement.startswith("INSERT INTO loaded_objects") for statement in load)
    assert not any("TRUNCATE" in statement or "COMMIT" in statement for statement in load)


def test_a_load_of_the_landing_table_takes_what_the_rules_reach_and_deletes_just_that() -> None:
    load = landing_load("load-1", known_until_ms=1_790_000_000_123)
    taken = [statement for statement in load if "FROM landing WHERE" in statement]
    assert taken == [
        "INSERT INTO incoming SELECT * FROM landing "
        "WHERE arrived_at <= CAST('2026-09-21 14:13:20.123' AS TIMESTAMP)"
    ]
    assert any(statement.startswith("DELETE FROM landing\nUSING") for statement in load)


def test_the_widest_palette_fits_one_statement() -> None:
    palette = tuple(f"{'c' * 60}{number:03}" for number in range(256))
    version = PollRules(poll="p" * 64, version=1, effective_ms=0, palette=palette)
    assert max(len(statement.encode()) for statement in rules_batch(version)) < STATEMENT_BYTES_MAX


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_nothing_in_a_text_ends_its_literal(text: str) -> None:
    quoted = literal(text)
    inner = quoted[1:-1].replace("\\\\", "").replace("''", "")
    assert "'" not in inner
    assert "\\" not in inner
    assert quoted[1:-1].replace("''", "'").replace("\\\\", "\\") == text


def test_no_text_column_holds_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        literal("a\0b")


def test_moments_are_exact() -> None:
    assert moment(-1) == "CAST('1969-12-31 23:59:59.999' AS TIMESTAMP)"
    assert moment(253_402_300_799_999) == "CAST('9999-12-31 23:59:59.999' AS TIMESTAMP)"
    assert moment(None) == "CAST(NULL AS TIMESTAMP)"


def test_only_missing_rules_are_added_oldest_first() -> None:
    one, two = (
        PollRules(poll="cube", version=number, effective_ms=number, palette=("red",))
        for number in (1, 2)
    )
    assert missing_rules([two, one], []) == [one, two]
    assert missing_rules([two, one], [("cube", 1)]) == [two]


def test_chunks_are_bounded_in_number_and_bytes_and_lose_nothing() -> None:
    small = [LakeObject(f"k{number}", 1) for number in range(OBJECTS_MAX + 1)]
    assert [len(chunk) for chunk in chunks(small)] == [OBJECTS_MAX, 1]
    large = [LakeObject("a", BYTES_MAX), LakeObject("b", BYTES_MAX * 2), LakeObject("c", 1)]
    assert chunks(large) == [[large[0]], [large[1]], [large[2]]]
    assert chunks([]) == []
