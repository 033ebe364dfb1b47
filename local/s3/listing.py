"""Keys in order in, one page of a listing out: contents, common prefixes and where to go on."""

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from local.s3.refusal import invalid_argument

_BEYOND = "\U0010ffff"  # sorts behind every character that a key can go on with


@dataclass(slots=True)
class Page:
    """One page; `next_after` is where the next one starts, None on the last."""

    keys: list[str] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    next_after: str | None = None


def list_page(
    keys_after: Callable[[str], Iterator[str]],
    *,
    prefix: str,
    delimiter: str,
    after: str,
    count_max: int,
) -> Page:
    """Return at most `count_max` keys and common prefixes behind `after`.

    `keys_after(x)` yields the sorted keys with `prefix` behind `x`. Keys that share a common
    prefix are jumped over as one.
    """
    page = Page()
    if count_max == 0:
        return page
    position = after
    keys = keys_after(position)
    while (key := next(keys, None)) is not None:
        if len(page.keys) + len(page.common_prefixes) == count_max:
            page.next_after = position
            break
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        if end < 0:
            page.keys.append(key)
            position = key
            continue
        common_prefix = key[: end + len(delimiter)]
        page.common_prefixes.append(common_prefix)
        position = common_prefix + _BEYOND
        keys = keys_after(position)
    return page


def token_of(position: str) -> str:
    """Return a continuation token: opaque to callers."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def position_of(token: str) -> str:
    """Return the position a token stands for; AwsError InvalidArgument for any other text."""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        raise invalid_argument("The continuation token provided is incorrect") from None
