"""A prefix with expressions in, its text at a moment out (C38-C43).

`!{timestamp:yyyy/MM}` is the moment in UTC, `!{firehose:random-string}` eleven characters, new for
each use, `!{firehose:error-output-type}` why records failed. A prefix without any expression gets
`yyyy/MM/dd/HH/` glued on (C38). Where sources disagree (C39) the trial on AWS of 2026 is followed:
with any expression nothing is appended.
"""

import random
import re
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from local.firehose.limits import PREFIX_CHARS_MAX

_EXPRESSION: Final = re.compile(r"!\{(?:([A-Za-z]+):([^{}]*))?\}?")
_FORMAT_PART: Final = re.compile(r"''|'((?:[^']|'')+)'|([A-Za-z])\2*|[^A-Za-z']")
_LETTERS: Final = {  # of Java's DateTimeFormatter -> of strftime
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}
_DATED: Final = "!{timestamp:yyyy/MM/dd/HH/}"
_ALPHABET: Final = string.ascii_letters + string.digits
_RANDOM_CHARS: Final = 11  # C41
ERROR_TYPE: Final = "!{firehose:error-output-type}"

ErrorType = Literal["processing-failed"]  # other types belong to what is refused (C41)


def bad_prefix(prefix: str) -> str | None:
    """Return what AWS, or the local engine, would refuse the prefix for, None when it is fine."""
    for match in _EXPRESSION.finditer(prefix):
        namespace, argument = match.groups()
        whole = match.group()
        if not whole.endswith("}") or namespace is None:
            return f"{whole} is no expression"
        if namespace == "timestamp":
            if (letters := _unknown_letters(argument)) is not None:
                return f"{whole}: the local engine has no {letters} in a timestamp"
        elif namespace in ("partitionKeyFromLambda", "partitionKeyFromQuery"):
            return f"{whole}: the local engine has no dynamic partitioning"
        elif namespace != "firehose" or argument not in ("random-string", "error-output-type"):
            return f"{whole} is no expression"
    return None


def has_expression(prefix: str) -> bool:
    return "!{" in prefix


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix that is fine by `bad_prefix`, ready to be put before names of objects."""

    text: str

    @classmethod
    def of_objects(cls, prefix: str | None) -> "Prefix":
        """Return the prefix of what is delivered; None and "" are nothing but the date (C38)."""
        prefix = prefix or ""
        return cls(prefix if has_expression(prefix) else prefix + _DATED)

    @classmethod
    def of_errors(cls, error_prefix: str | None, prefix: str | None) -> "Prefix":
        """Return the prefix of what failed: its own, else a folder below the other (C29, C42)."""
        if error_prefix is None:
            return cls(f"{prefix or ''}{ERROR_TYPE}/{_DATED}")
        if has_expression(error_prefix):
            return cls(error_prefix)
        return cls(f"{error_prefix}{ERROR_TYPE}/{_DATED}")

    def at(self, moment_ms: int, rng: random.Random, error_type: ErrorType | None = None) -> str:
        """Return the text at a moment, the same for every timestamp in it (C40)."""
        moment = datetime.fromtimestamp(moment_ms // 1_000, UTC)

        def value(match: re.Match[str]) -> str:
            namespace, argument = match.groups()
            if namespace == "timestamp":
                return _formatted(argument, moment)
            if argument == "random-string":
                return "".join(rng.choices(_ALPHABET, k=_RANDOM_CHARS))
            assert error_type is not None, "only prefixes of errors name the type (C42)"
            return error_type

        return _EXPRESSION.sub(value, self.text)[:PREFIX_CHARS_MAX]


def _unknown_letters(form: str) -> str | None:
    end = 0
    for match in _FORMAT_PART.finditer(form):
        if match.start() != end:
            break
        end = match.end()
        if match.group(2) and match.group() not in _LETTERS:
            return match.group()
    return None if end == len(form) and form else repr(form[end:])


def _formatted(form: str, moment: datetime) -> str:
    def value(match: re.Match[str]) -> str:
        part = match.group()
        if part == "''":
            return "'"
        if match.group(1):
            return match.group(1).replace("''", "'")
        return moment.strftime(_LETTERS[part]) if match.group(2) else part

    return _FORMAT_PART.sub(value, form)
