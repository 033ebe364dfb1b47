"""The dashboard's pages, in the order of the navigation."""

from dashboard.pages.live import LIVE
from dashboard.pages.page import Page

PAGES: tuple[Page, ...] = (LIVE,)

__all__ = ["PAGES", "Page"]
