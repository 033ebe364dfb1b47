"""Nothing in, the empty figures and the settings of charts out; live.js fills them."""

from typing import Any, Final

# No mode bar: its newest button would send the data to a company's cloud.
CHART_CONFIG: Final[dict[str, Any]] = {
    "displayModeBar": False,
    "displaylogo": False,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
}

_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def rates_figure() -> dict[str, Any]:
    """Return the chart of votes per second by colour, before its first data."""
    axis = {"fixedrange": True, "zeroline": False, "automargin": False, "ticks": ""}
    return {
        "data": [],
        "layout": {
            "autosize": True,
            "margin": {"l": 48, "r": 92, "t": 8, "b": 30},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "hovermode": "x unified",
            "dragmode": False,
            "font": {"family": _FONT, "size": 12},
            "xaxis": {
                **axis,
                "type": "date",
                "showgrid": False,
                "tickformat": "%H:%M:%S",
                "tickangle": 0,
                "nticks": 5,
                "hoverformat": "%H:%M:%S UTC",
            },
            "yaxis": {**axis, "rangemode": "tozero", "tickformat": "~s", "nticks": 6},
        },
    }
