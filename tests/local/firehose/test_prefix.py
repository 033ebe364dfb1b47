"""Prefixes with expressions, and the keys of objects (C37 to C43)."""

import random
import re
from dataclasses import replace

import pytest

from local.firehose.action import StoreObject
from local.firehose.object_name import object_key
from local.firehose.prefix import Prefix, bad_prefix
from tests.local.firehose.desk import NOW_MS, TARGET, Desk, error
from tests.local.mapping.fake_stream import FakeStream

MOMENT_MS = 1_767_323_045_999  # 2026-01-02 03:04:05
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def evaluated(prefix: str | None) -> str:
    return Prefix.of_objects(prefix).at(MOMENT_MS, random.Random(1))


@pytest.mark.parametrize(
    ("prefix", "text"),
    [
        (None, "2026/01/02/03/"),
        ("", "2026/01/02/03/"),
        ("legacy", "legacy2026/01/02/03/"),
        ("legacy/", "legacy/2026/01/02/03/"),
        ("a/!{timestamp:yyyy/MM/dd/HH}/", "a/2026/01/02/03/"),
        ("y=!{timestamp:yyyy}/m=!{timestamp:MM}/", "y=2026/m=01/"),
        ("!{timestamp:'year='yyyy'/at='HH.mm.ss}/", "year=2026/at=03.04.05/"),
        ("!{timestamp:yyyy'it''s'dd''}", "2026it's02'"),
        ("!{timestamp:yyyyMMdd}", "20260102"),
    ],
)
def test_a_prefix_is_evaluated_in_utc(prefix: str | None, text: str) -> None:
    """C38, C39, C40: a date is glued on where there is no expression at all."""
    assert evaluated(prefix) == text


def test_a_random_string_is_new_for_each_use_and_no_date_is_added() -> None:
    """C39, C41: eleven characters."""
    text = evaluated("!{firehose:random-string}/!{firehose:random-string}/")
    found = re.fullmatch(r"(\w{11})/(\w{11})/", text)
    assert found is not None
    assert found.group(1) != found.group(2)


@pytest.mark.parametrize(
    ("error_prefix", "prefix", "text"),
    [
        ("e/!{firehose:error-output-type}/!{timestamp:HH}/", "p/", "e/processing-failed/03/"),
        ("e/", "p/", "e/processing-failed/2026/01/02/03/"),
        (None, "p/", "p/processing-failed/2026/01/02/03/"),
        (None, None, "processing-failed/2026/01/02/03/"),
    ],
)
def test_errors_have_a_prefix_of_their_own(
    error_prefix: str | None, prefix: str | None, text: str
) -> None:
    """C29, C41, C42."""
    of_errors = Prefix.of_errors(error_prefix, prefix)
    assert of_errors.at(MOMENT_MS, random.Random(1), "processing-failed") == text


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("a/!{", "no expression"),
        ("a/!{x}", "no expression"),
        ("a/!{timestamp:yyyy", "no expression"),
        ("a/!{firehose:nonsense}", "no expression"),
        ("a/!{nobody:x}", "no expression"),
        ("a/!{timestamp:}", "no ''"),
        ("a/!{timestamp:YYYY}", "no YYYY in a timestamp"),
        ("a/!{timestamp:yyyy-M}", "no M in a timestamp"),
        ("a/!{timestamp:yyyy'open}", 'no "\'open"'),
        ("a/!{partitionKeyFromLambda:k}", "no dynamic partitioning"),
        ("a/!{partitionKeyFromQuery:k}", "no dynamic partitioning"),
    ],
)
def test_what_is_no_expression_or_not_run_is_named(prefix: str, said: str) -> None:
    """C40, C42, C43."""
    fault = bad_prefix(prefix)
    assert fault is not None
    assert said in fault


def test_text_without_expressions_is_fine() -> None:
    for prefix in ("", "a!b{c}/", "!{timestamp:yyyy}{x}", "100%/"):
        assert bad_prefix(prefix) is None


def test_a_key_is_made_of_prefix_name_version_time_and_chance() -> None:
    """C37."""
    key = object_key(
        Prefix.of_objects("a/!{timestamp:HH}/"),
        delivery_name="votes-to-lake",
        oldest_ms=MOMENT_MS,
        rng=random.Random(1),
        extension=".gz",
    )
    assert re.fullmatch(rf"a/03/votes-to-lake-1-2026-01-02-03-04-05-{UUID}\.gz", key)


def test_a_long_prefix_is_cut() -> None:
    """C42: 512 characters as evaluated."""
    assert len(evaluated("x" * 512 + "!{timestamp:yyyy}")) == 512


def test_the_oldest_record_names_the_object() -> None:
    """C40: the one that arrived first, of all shards; not the first to come, not the time of
    storing."""
    stream = FakeStream(3)
    stream.put("k", b"young", shard=0, now_ms=NOW_MS)
    stream.put("k", b"old", shard=1, now_ms=NOW_MS - 3_600_000)
    stream.put("k", b"new", shard=2, now_ms=NOW_MS)
    desk = Desk(stream=stream, positions=dict.fromkeys(stream.by_id, 0))
    desk.run()
    (key,) = desk.keys
    assert key.startswith("votes/2026/09/21/13/votes-to-lake-1-2026-09-21-13-13-20-")
    assert desk.bucket.lines("votes/") == ["young", "old", "new"]


def test_an_object_keeps_its_key_while_it_is_tried_again() -> None:
    """C7: a put whose answer got lost is overwritten, not doubled."""
    desk = Desk(target=replace(TARGET, prefix="!{firehose:random-string}/"))
    desk.put("a")
    first = desk.next(StoreObject)
    desk.pipeline.stored(first.attempt_id, desk.now_ms, ok=False)
    again = desk.next(StoreObject)
    assert again.attempt_id != first.attempt_id
    assert (again.key, again.chunks) == (first.key, first.chunks)


def test_errors_and_rows_of_one_batch_go_to_their_own_prefixes() -> None:
    """C29."""
    desk = Desk(prefix="rows/", error_prefix=None)
    desk.put("a")
    desk.run()
    desk.handle = lambda event: error()
    desk.put("b")
    desk.run()
    rows, failed = desk.keys
    assert rows.startswith("rows/2026/09/21/14/votes-to-lake-1-")
    assert failed.startswith("rows/processing-failed/2026/09/21/14/votes-to-lake-1-")
