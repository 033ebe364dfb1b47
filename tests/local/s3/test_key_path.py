"""Keys become files and come back."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.aws_error import AwsError
from local.s3.key_path import key_parts, part_of

KEYS = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20
)  # a character may take 12 signs of 240


@given(KEYS)
def test_a_key_comes_back_from_its_files(key: str) -> None:
    assert "/".join(part_of(name) or "" for name in key_parts(key)) == key


@given(KEYS)
def test_no_key_leaves_its_bucket_or_hides(key: str) -> None:
    for name in key_parts(key):
        assert name
        assert not name.startswith(".")
        assert "/" not in name
        assert name.isascii()
        assert name.isprintable()


@given(KEYS, KEYS)
def test_two_keys_never_share_a_file(one: str, other: str) -> None:
    if one != other:
        assert key_parts(one) != key_parts(other)


def test_everyday_keys_look_as_they_are() -> None:
    key = "votes/2026/11/23/16/votes-to-lake-1-2026-11-23-16-03-52-a1b2.gz"
    assert PurePosixPath(*key_parts(key)) == PurePosixPath(key)


@pytest.mark.parametrize("key", ["a" * 1025, "é" * 100, "x/" + "b" * 241])
def test_a_key_that_no_file_can_bear_is_too_long(key: str) -> None:
    with pytest.raises(AwsError, match="KeyTooLongError"):
        key_parts(key)


@pytest.mark.parametrize("name", ["ü.csv", "a%zz", "a%2f", ".hidden", "%object"])
def test_a_file_whose_name_no_key_has_is_not_an_object(name: str) -> None:
    assert part_of(name) is None
