"""Files that no outbox wrote: each is damage by name, never another error, and nothing is sent."""

import random
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import OutboxDamaged
from producers import journal
from producers.outbox import Outbox, OutboxSummary
from producers.pack import Batch


def open_outbox(folder: Path) -> Outbox:
    return Outbox.open(folder, clock=ManualClock(), rng=random.Random(1), lanes=4)


@pytest.mark.parametrize(
    "meta",
    [
        '{"version":1,"producer":"p","lanes":-1}',
        '{"version":1,"producer":"p","lanes":1e400}',
        '{"version":1,"producer":"p","lanes":99999999999}',
        '{"version":1,"producer":"a b","lanes":4}',
        "[" * 100_000,
    ],
    ids=["no lanes", "infinite", "too many lanes", "no producer", "nested"],
)
def test_a_meta_file_that_no_outbox_wrote_is_damage(tmp_path: Path, meta: str) -> None:
    """Found by fuzzing: IndexError, OverflowError, MemoryError, or stamps that nobody takes."""
    (tmp_path / "outbox.json").write_text(meta)
    with pytest.raises(OutboxDamaged):
        OutboxSummary.read(tmp_path)
    with pytest.raises(OutboxDamaged):
        open_outbox(tmp_path)


@pytest.mark.parametrize(
    "entry",
    [
        journal.encode_batch(Batch(4, 1, 1, 1, b"line\n")),
        journal.encode_ack(journal.Ack(4, 1, 1)),
        journal.encode_ack(journal.Ack(0, 2**64 - 1, 1)),
        journal.encode_ack(journal.Ack(0, 1, 2**64 - 1)),
        journal._frame(journal.BATCH_KIND, b"short"),
        journal._frame(journal.ACK_KIND, b"short"),
    ],
    ids=["batch's lane", "ack's lane", "number", "total", "short batch", "short ack"],
)
def test_an_entry_that_this_outbox_cannot_have_written_is_damage(
    tmp_path: Path, entry: bytes
) -> None:
    """Found by fuzzing: its checksum is right, and opening raised IndexError or struct.error."""
    open_outbox(tmp_path).close()
    (tmp_path / "segment-00000001.log").write_bytes(entry)
    with pytest.raises(OutboxDamaged):
        OutboxSummary.read(tmp_path)
    with pytest.raises(OutboxDamaged):
        open_outbox(tmp_path)
