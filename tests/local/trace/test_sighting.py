"""A vote is found in a record however its JSON is written, and no other is taken for it."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.record import Stamp, encode_stamp
from core.vote import Identity, Vote, encode_votes
from local.trace.sighting import Sighting, sightings_in

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
SEQS = st.integers(0, 2**53)


def plain(vote: Vote) -> bytes:
    return encode_votes([vote])


def with_escapes(vote: Vote) -> bytes:
    return json.dumps(members(vote)).encode() + b"\n"


def spread_out(vote: Vote) -> bytes:
    text = json.dumps(members(vote), separators=(" , ", " : "), ensure_ascii=False)
    return text.encode() + b"\n"


def members(vote: Vote) -> dict[str, object]:
    return {name: getattr(vote, name) for name in vote.__struct_fields__}


def seen(data: bytes, wanted: Identity) -> list[Sighting]:
    place = {"shard": "s", "sequence_number": "1", "partition_key": "k"}
    return list(sightings_in(data, wanted, **place, arrival_ms=5))


@settings(max_examples=60, deadline=None)
@given(
    device=NAMES, seq=SEQS, other=NAMES, write=st.sampled_from([plain, with_escapes, spread_out])
)
def test_a_vote_is_found_however_it_is_written(
    device: str, seq: int, other: str, write: Callable[[Vote], bytes]
) -> None:
    votes = [
        Vote("cube", other, seq + 1, "red", 1),
        Vote("cube", device, seq, "red", 2),
        Vote("lunch", device, seq, "red", 3),
    ]
    (found,) = seen(b"".join(map(write, votes)), Identity("cube", device, seq))
    assert (found.place.line, found.place.ordinal, found.cast_ms) == (2, 1, 2)


@pytest.mark.parametrize("blank", [b"", b"\n", b" \n\n"])
def test_a_line_of_a_batch_has_its_number_and_its_place_among_lines(blank: bytes) -> None:
    votes = [Vote("cube", "d", n, "red", n) for n in (1, 2)]
    stamp = encode_stamp(Stamp(v=1, producer="p", lane=3, number=9, votes=2))
    (found,) = seen(stamp + plain(votes[0]) + blank + plain(votes[1]), votes[1].identity)
    assert found.place.batch == ("p", 3, 9)
    assert (found.place.line, found.place.ordinal) == (3 + blank.count(b"\n"), 1)


@pytest.mark.parametrize(
    "line",
    [
        b'{"poll":"cube","device_id":"d","seq":true,"x":1}',
        b'{"poll":"cube","device_id":"d","seq":"1"}',
        b'["cube","d",1]',
        b'{"poll":"cube","device_id":"d","seq":1',
        b'{"d":1}',
    ],
)
def test_what_only_looks_like_it_is_not_it(line: bytes) -> None:
    assert seen(line + b"\n", Identity("cube", "d", 1)) == []
