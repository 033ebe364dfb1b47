"""What a page is: a path and a title in the navigation, and a layout."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One entry of the navigation; `layout` is given the default poll."""

    name: str
    path: str
    title: str
    layout: Callable[[str], Any]
