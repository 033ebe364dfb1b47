"""Range headers: which bytes they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.aws_error import AwsError
from local.s3.byte_range import byte_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=2-", (2, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-30", (0, 9)),
        ("bytes=4-99", (4, 9)),
        ("bytes=5-4", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=-", None),
    ],
)
def test_a_range_of_ten_bytes(header: str, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_without_a_byte_is_not_satisfiable(header: str) -> None:
    with pytest.raises(AwsError) as caught:
        byte_range(header, 10)
    assert (caught.value.code, caught.value.status) == ("InvalidRange", 416)


@given(st.text(max_size=20), st.integers(0, 100))
def test_any_header_means_bytes_within_the_object_or_nothing(header: str, size: int) -> None:
    try:
        found = byte_range(f"bytes={header}", size)
    except AwsError:
        return
    if found is not None:
        first, last = found
        assert 0 <= first <= last < size
