"""What an object of the lake says in, the same without one device out: pure, line by line.

A vote, or a row, of the device keeps every byte but the value of its `device_id`; any other line
keeps every byte. Lines keep their places and their number. Base64 and KPL aggregates are taken
apart and put together again around what changed.
"""

from base64 import b64encode
from binascii import Error, a2b_base64
from dataclasses import dataclass, field
from typing import Final

import msgspec

from core import kpl
from core.limits import VOTE_LINE_BYTES_MAX
from core.record import STAMP_START
from firehose_transforms.limits import RAW_BYTES_MAX
from local.forgetting.members import Member, members, spliced

DEVICE: Final = "device_id"
POLL: Final = "poll"
_RECORDS: Final = frozenset({"data", "rawData"})  # base64 of a record
_DOCUMENT: Final = "payload"  # an event as text inside of JSON (clause B36)
_ROW_LINE: Final = "raw"  # base64 of one line
_KEYS: Final = frozenset({"partitionKey", "partition_key"})


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to forget: a device's votes in one poll, or in all (None); `pseudonym` stands for it."""

    device: str
    pseudonym: str
    poll: str | None = None

    def wants(self, device: str, poll: str | None) -> bool:
        return device == self.device and self.poll in (None, poll)


@dataclass(slots=True)
class Rewriter:
    """Rewrites one object. `lines` were changed; `left` could not be, or only perhaps name it.

    Unless `settled`, records without a stamp stay as they are in failures and chunks (`waiting`):
    whoever applies one of them again knows its votes by their markers, thus by the device.
    """

    person: Person
    settled: bool = True
    lines: int = 0
    left: int = 0
    waiting: int = 0
    _needle: bytes = field(init=False)
    _value: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._needle = self.person.device.encode()
        self._value = msgspec.json.encode(self.person.pseudonym)

    def votes(self, data: bytes) -> bytes:
        """Rewrite lines of votes, such as a record or an object of the backup."""
        if not self._may_name(data):
            return data
        return b"\n".join(self._vote(line) for line in data.split(b"\n"))

    def record(self, data: bytes) -> bytes:
        """Rewrite a record as it was on the stream."""
        if kpl.user_records(data) is None:
            return self.votes(data)
        before = self.lines
        changed = kpl.rewritten(data, self.votes, self._key)
        return changed if self.lines > before else data

    def rows(self, data: bytes) -> bytes:
        """Rewrite rows of the lake (core/row.py)."""
        if not self._may_name(data) and b'"raw":' not in data:
            return data
        return b"\n".join(self._row(line) for line in data.split(b"\n"))

    def document(self, data: bytes) -> bytes:
        """Rewrite JSON that has records in it: what was parked, failed, or handed over."""
        changes: list[tuple[int, int, bytes]] = []
        keys: list[Member] = []
        for member in members(data):
            instead: bytes | None = None
            if member.key in _RECORDS:
                instead = self._packed(member.value)
            elif member.key == _DOCUMENT:
                inner = self.document(member.value.encode())
                instead = None if inner == member.value.encode() else inner
            elif member.key in _KEYS and member.value == self.person.device:
                keys.append(member)
            if instead is not None:
                changes.append((member.start, member.end, msgspec.json.encode(instead.decode())))
        if changes:
            changes += [(key.start, key.end, self._value) for key in keys]
        return spliced(data, changes)

    def _packed(self, packed: str) -> bytes | None:
        """Return the base64 of a record that changed; None for one that did not, or stays."""
        data = _bytes_of(packed)
        before = (self.lines, self.left)
        changed = self.record(data)
        if changed == data:
            return None
        if not self.settled and not data.startswith(STAMP_START):
            self.lines, self.left = before
            self.waiting += 1
            return None
        return b64encode(changed)

    def _vote(self, line: bytes) -> bytes:
        if not self._may_name(line):
            return line
        changed = self._named(line)
        if changed != line:
            if len(changed) > VOTE_LINE_BYTES_MAX >= len(line):
                self.left += 1  # it would be parked as oversize if it were read again
                return line
            self.lines += 1
        if self.person.poll is None and self._needle in changed and not _is_json(changed):
            self.left += 1
        return changed

    def _row(self, line: bytes) -> bytes:
        before = self.lines
        changes = self._of_device(line)
        for member in members(line) if b'"raw":' in line else ():
            if member.depth == 1 and member.key == _ROW_LINE:
                raw = _bytes_of(member.value)
                changed = self._vote(raw)[:RAW_BYTES_MAX]
                if changed != raw:
                    changes.append((member.start, member.end, b'"' + b64encode(changed) + b'"'))
        self.lines = before + bool(changes)
        return spliced(line, changes)

    def _named(self, line: bytes) -> bytes:
        return spliced(line, self._of_device(line))

    def _of_device(self, line: bytes) -> list[tuple[int, int, bytes]]:
        """Return where the device's id stands as the device of a vote."""
        if not self._may_name(line):
            return []
        found = [member for member in members(line) if member.depth == 1]
        polls = {member.owner: member.value for member in found if member.key == POLL}
        return [
            (member.start, member.end, self._value)
            for member in found
            if member.key == DEVICE and self.person.wants(member.value, polls.get(member.owner))
        ]

    def _may_name(self, data: bytes) -> bool:
        """Return whether it can name the device: plainly, or with an escape in it."""
        return self._needle in data or b"\\" in data

    def _key(self, key: str) -> str:
        return self.person.pseudonym if key == self.person.device else key


def _bytes_of(packed: str) -> bytes:
    """Return what base64 holds; nothing for what is none."""
    try:
        return a2b_base64(packed, strict_mode=True)
    except (Error, ValueError):
        return b""


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return True
