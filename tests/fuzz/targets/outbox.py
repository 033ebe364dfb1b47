"""Any files as an outbox in: it opens with whole batches, or says that it is damaged."""

import json
import random
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Final

from core.clock import ManualClock
from core.errors import OutboxDamaged
from producers.journal import ACK_KIND, BATCH_KIND, Ack, decode, encode_ack, encode_batch
from producers.outbox import Outbox, OutboxSummary
from producers.pack import Batch
from tests.fuzz.slices import Slices

_META: Final = json.dumps({"version": 1, "producer": "p", "lanes": 4}).encode()
_ENTRIES: Final[tuple[Batch | Ack, ...]] = (
    Batch(0, 1, 1, 1, b"one\n"),
    Batch(3, 1, 2, 2, b"two\nthree\n"),
    Ack(0, 1, 1),
    Batch(0, 2, 1, 2, b"four\n"),
)
_JOURNAL: Final = b"".join(
    encode_ack(entry) if isinstance(entry, Ack) else encode_batch(entry) for entry in _ENTRIES
)
_BATCH: Final = struct.pack("<IQIQ", 1, 1, 1, 1) + b"line\n"
_ACK: Final = struct.pack("<IQQ", 1, 1, 1)
META_FIRST, JOURNAL, FRAMED, HURT = range(4)
SEEDS: Final = (
    bytes([META_FIRST]) + _META,
    bytes([META_FIRST]) + b'{"version":1,"producer":"p","lanes":1}',
    bytes([JOURNAL]) + _JOURNAL,
    bytes([JOURNAL]) + _JOURNAL[:-3],
    bytes([FRAMED, BATCH_KIND]) + _BATCH,
    bytes([FRAMED, ACK_KIND]) + _ACK,
    bytes([HURT, 0, 20, 1]),
    bytes([HURT, 0, 60, 0]),
)
WORDS: Final = (
    *(b'"version":1', b'"producer":', b'"lanes":', b"-1", b"1e400", b"99999999999", b"null", b"[["),
    *(b"\xff\xff\xff\xff", b"\0\0\0\0", _BATCH, _ACK),
)
BYTES_MAX: Final = 1_600


def one_input(data: bytes) -> None:
    slices = Slices(data)
    kind = slices.byte() % 4
    meta, journal = _META, _JOURNAL
    if kind == META_FIRST:
        meta = slices.rest()
    elif kind == JOURNAL:
        journal = slices.rest()
    elif kind == FRAMED:
        journal = _framed(slices.byte(), slices.rest())
    else:
        journal = _hurt(slices)
        assert _is_start([entry for _, entry in decode(journal)], _ENTRIES)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "outbox.json").write_bytes(meta)
        (folder / "segment-00000001.log").write_bytes(journal)
        try:
            summary = OutboxSummary.read(folder)
        except OutboxDamaged:
            summary = None
        try:
            box = Outbox.open(folder, clock=ManualClock(), rng=random.Random(1))
        except OutboxDamaged:
            assert summary is None, "who reads it and who opens it say the same"
            return
        try:
            assert box.summary() == summary
            _check_use(box, rising=kind != JOURNAL)
        finally:
            box.close()


def _framed(kind: int, body: bytes) -> bytes:
    """Return a body as an entry whose checksum is right."""
    return struct.pack("<IIB", zlib.crc32(body, kind), len(body), kind) + body


def _hurt(slices: Slices) -> bytes:
    """Return the good journal, cut off somewhere, or with one byte changed there."""
    at, change = slices.number() % len(_JOURNAL), slices.byte()
    if not change:
        return _JOURNAL[:at]
    return _JOURNAL[:at] + bytes([_JOURNAL[at] ^ change]) + _JOURNAL[at + 1 :]


def _is_start(found: list[Batch | Ack], whole: tuple[Batch | Ack, ...]) -> bool:
    return found == list(whole[: len(found)])


def _check_use(box: Outbox, *, rising: bool) -> None:
    """What it holds can be sent to the end, and new lines get numbers above the old ones."""
    before = [box.ready(lane) for lane in range(box.lanes)]
    box.offer(0, b"new\n", 1, 0)
    assert box.seal(0, everything=True) == 1
    for lane, first in enumerate(before):
        assert first is None or box.ready(lane) == first
    for lane in range(box.lanes):
        last = 0
        while (batch := box.ready(lane)) is not None:
            assert batch.number > last or not rising, "numbers rise"
            last = batch.number
            box.acknowledge([batch])
    assert box.pending_bytes == 0
