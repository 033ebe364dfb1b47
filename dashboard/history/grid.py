"""Nothing in, the empty grid of the History page out; history-grid.js fills it."""

from typing import Any, Final

import dash_ag_grid

AG_GRID: Final[Any] = dash_ag_grid.AgGrid


def answer_grid() -> Any:
    """Return a grid without rows; colours and font are the page's, by CSS variables."""
    return AG_GRID(
        id="history-grid",
        className="answer-grid",
        columnDefs=[],
        rowData=[],
        columnSize=None,
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "minWidth": 80,
            # A number that is copied or exported is a number, not "24,508,515".
            "useValueFormatterForExport": False,
        },
        dashGridOptions={
            "localeText": {"noRowsToShow": "No rows"},
            "theme": {"function": "themeQuartz"},
            "ensureDomOrder": True,  # what a screen reader reads is in the order of the eye
            "enableCellTextSelection": True,
            "suppressCellFocus": False,
            "tooltipShowDelay": 300,
            "animateRows": False,
        },
        style={"height": "420px", "width": "100%"},
    )
