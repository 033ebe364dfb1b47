"""What a page is: a path and a title in the navigation, a layout, and what only it loads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One entry of the navigation; `layout` is given the default poll.

    `assets` is the first part of the names of files in `assets/` that this page alone loads (""
    for none), `libraries` the Dash component libraries that it alone needs.
    """

    name: str
    path: str
    title: str
    layout: Callable[[str], Any]
    assets: str = ""
    libraries: tuple[str, ...] = ()
