"""The README of sql/ lists what is there, and every file says what it is for."""

import re

import pytest

from core.query_value import ValueKind
from core.question import SQL_FOLDER, has_header

README = (SQL_FOLDER / "README.md").read_text()
FILES = sorted(str(path.relative_to(SQL_FOLDER)) for path in SQL_FOLDER.rglob("*.sql"))


def test_the_readme_lists_every_file_once_and_nothing_else() -> None:
    listed = re.findall(r"^\| `(\w+/\w+\.sql)` \| \S", README, flags=re.MULTILINE)
    assert sorted(listed) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_begins_with_what_it_is_for(name: str) -> None:
    text = (SQL_FOLDER / name).read_text()
    assert has_header(text)
    assert all(len(line) <= 110 for line in text.splitlines())
    assert text.endswith(";\n")


def test_the_readme_shows_every_kind_of_parameter() -> None:
    for kind in ValueKind:
        assert f"| `{kind}` |" in README
