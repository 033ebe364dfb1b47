"""The dashboard's pages, in the order of the navigation."""

from dashboard.pages.history import HISTORY
from dashboard.pages.live import LIVE
from dashboard.pages.page import Page
from dashboard.pages.pipeline import PIPELINE

PAGES: tuple[Page, ...] = (LIVE, PIPELINE, HISTORY)

__all__ = ["PAGES", "Page"]
