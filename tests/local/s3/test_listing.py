"""Listing against the plainest model: a sorted list of keys."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import ManualClock
from local.aws_error import AwsError
from local.s3 import S3Service

BUCKET = "cube-lake"
PARTS = st.sampled_from(["a", "b", "a.", "a-b", "é", ""])
KEY = st.lists(PARTS, min_size=1, max_size=3).map("/".join).filter(bool)


def model(keys: set[str], prefix: str, delimiter: str, after: str) -> list[str]:
    """Return keys and common prefixes in order, by the definition."""
    found: list[str] = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix) or key <= after:
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key if end < 0 else key[: end + len(delimiter)]
        if name not in found:
            found.append(name)
    return found


@settings(max_examples=60, deadline=None)
@given(
    keys=st.sets(KEY, max_size=10),
    prefix=st.text("ab/.é", max_size=3),
    delimiter=st.sampled_from(["", "/", "a/"]),
    after=st.just("") | KEY,
    size=st.integers(1, 4),
)
def test_pages_together_are_the_sorted_keys(
    keys: set[str], prefix: str, delimiter: str, after: str, size: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        s3 = S3Service(Path(folder), ManualClock())
        s3.create_bucket(Bucket=BUCKET)
        for key in keys:
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
        seen: list[str] = []
        token: str | None = None
        for _ in range(len(keys) + 1):
            page = s3.list_objects_v2(
                Bucket=BUCKET,
                Prefix=prefix,
                Delimiter=delimiter,
                StartAfter=after,
                MaxKeys=size,
                ContinuationToken=token,
            )
            names = [entry["Key"] for entry in page.get("Contents", ())]
            names += [entry["Prefix"] for entry in page.get("CommonPrefixes", ())]
            assert page["KeyCount"] == len(names) <= size
            seen += sorted(names, key=str.encode)
            token = page.get("NextContinuationToken")
            if not page["IsTruncated"]:
                break
        assert token is None
        assert seen == model(keys, prefix, delimiter, after)


@pytest.mark.parametrize("token", ["!", "a", "/w==", "ü"])
def test_a_token_that_we_did_not_give_is_refused(s3: S3Service, token: str) -> None:
    with pytest.raises(AwsError, match="InvalidArgument"):
        s3.list_objects_v2(Bucket=BUCKET, ContinuationToken=token)
