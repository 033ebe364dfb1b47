"""The dashboard's pages, in the order of the navigation."""

from dashboard.pages.history import HISTORY
from dashboard.pages.live import LIVE
from dashboard.pages.page import Page

PAGES: tuple[Page, ...] = (LIVE, HISTORY)

__all__ = ["PAGES", "Page"]
