"""Costs by size in, an SVG of small charts side by side out: readable on light and on dark."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 280, 190  # of a panel
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 16, 34, 34  # what surrounds its plot
_COLUMNS: Final = 3
_INK, _FAINT, _LINE, _PAPER = "#333333", "#d8d8d8", "#2f6fb3", "#ffffff"


class Panel(NamedTuple):
    """One line: sizes from left to right, and the cost of each."""

    title: str
    sizes: tuple[int, ...]
    costs: tuple[float, ...]


def chart(panels: Sequence[Panel], *, unit: str) -> str:
    """Return the SVG; sizes are on a logarithmic scale, costs begin at 0, all on one scale."""
    top = ceiling(max(cost for panel in panels for cost in panel.costs))
    rows = -(-len(panels) // _COLUMNS)
    width, height = _COLUMNS * _WIDTH, rows * _HEIGHT + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="system-ui, sans-serif" font-size="11" fill="{_INK}">',
        f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>',
        _text(12, 18, escape(unit), size=12, anchor="start"),
    ]
    for number, panel in enumerate(panels):
        x, y = number % _COLUMNS * _WIDTH, number // _COLUMNS * _HEIGHT + 24
        parts.append(f'<g transform="translate({x} {y})">{_panel(panel, top)}</g>')
    return "\n".join([*parts, "</svg>", ""])


def ceiling(value: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, ... at or above a value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def short(size: int) -> str:
    """Return a size as an axis has room for it."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def _panel(panel: Panel, top: float) -> str:
    low, high = math.log(panel.sizes[0]), math.log(panel.sizes[-1])
    across, up = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    xs = [_LEFT + across * (math.log(size) - low) / (high - low) for size in panel.sizes]
    ys = [_TOP + up * (1 - cost / top) for cost in panel.costs]
    parts = [_text(_LEFT, 20, escape(panel.title), size=13, anchor="start")]
    for share in (0, 0.5, 1):
        y = _TOP + up * (1 - share)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_LEFT + across}" stroke="{_FAINT}" fill="none"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{top * share:g}", anchor="end"))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    parts.append(f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2"/>')
    for x, y, size, cost in zip(xs, ys, panel.sizes, panel.costs, strict=True):
        tip = f"<title>{size:,}: {cost:.2f}</title>"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_LINE}">{tip}</circle>')
        parts.append(_text(x, _HEIGHT - 14, short(size)))
        parts.append(_text(x, y - 8, f"{cost:.1f}"))
    return "".join(parts)


def _text(x: float, y: float, text: str, *, size: int = 11, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{text}</text>'
