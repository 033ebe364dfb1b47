"""A person and a bucket in, the pseudonym of the request that is under way out.

A request that is killed has to go on under the same pseudonym: copies of one vote would else become
two. So while it runs a note of it lies in the lake; the note goes with the request's end.
"""

import hashlib
from typing import Any, Final

import msgspec

from core.errors import UsageError
from core.service_error import code_of
from local.forgetting.rewriter import Person
from local.lake_objects import read_object

PREFIX: Final = "forgetting/"


class _Note(msgspec.Struct, frozen=True):
    v: int
    pseudonym: str
    poll: str | None


def begun(s3: Any, bucket: str, device: str, poll: str | None) -> Person | None:
    """Return whom a request that was not finished is about, with its pseudonym; None for none.

    Raise UsageError where that request was about other polls.
    """
    try:
        note = msgspec.json.decode(read_object(s3, bucket, _key(device)), type=_Note)
    except Exception as error:
        if code_of(error) != "NoSuchKey":
            raise
        return None
    if note.poll != poll:
        said = f"--poll {note.poll}" if note.poll else "without --poll"
        raise UsageError(f"forgetting: a request for this device is not finished: end it, {said}")
    return Person(device, note.pseudonym, poll)


def begin(s3: Any, bucket: str, person: Person) -> None:
    """Note that a request is under way."""
    note = msgspec.json.encode(_Note(1, person.pseudonym, person.poll))
    s3.put_object(Bucket=bucket, Key=_key(person.device), Body=note)


def end(s3: Any, bucket: str, person: Person) -> None:
    """Forget the request: from here on nothing says whose pseudonym it is."""
    s3.delete_object(Bucket=bucket, Key=_key(person.device))


def _key(device: str) -> str:
    return f"{PREFIX}{hashlib.sha256(device.encode()).hexdigest()}.json"
