"""A palette in, how each colour is drawn out: fill, ink, lines, letter, pattern, dash.

Colour is never the only channel (WCAG 1.4.1), and text and lines keep their contrast in both
schemes (1.4.3, 1.4.11), whatever colour a poll invents.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from dashboard.colour_names import BLACK, WHITE, Rgb, mix, rgb_of

PATTERNS: Final = 8  # `.pattern-0` to `.pattern-7` in live.css
DASHES: Final = ("solid", "7px,3px")  # with markers: more styles than these look noisy
TEXT_CONTRAST: Final = 4.5
LIGHT_CARD: Final[Rgb] = (255, 255, 255)
DARK_CARD: Final[Rgb] = (28, 31, 38)
_STEPS: Final = 50


class Swatch(msgspec.Struct, frozen=True, kw_only=True):
    """How one colour is drawn; colours are `#rrggbb`."""

    name: str
    label: str
    letter: str
    fill: str
    ink: str
    line_light: str
    line_dark: str
    pattern: int
    dash: str


def swatches(palette: Sequence[str]) -> list[Swatch]:
    """Return a swatch a colour, in palette order: pattern and letter follow the place in it."""
    letters = _letters(palette)
    return [
        _swatch(name, letter, index)
        for index, (name, letter) in enumerate(zip(palette, letters, strict=True))
    ]


def contrast(a: Rgb, b: Rgb) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(colour: Rgb, *, on: Rgb) -> Rgb:
    """Return the colour, moved away from a background until text in it can be read."""
    away = BLACK if _luminance(on) > 0.5 else WHITE
    moved = colour
    for step in range(_STEPS + 1):
        moved = mix(colour, away, step / _STEPS)
        if contrast(moved, on) >= TEXT_CONTRAST:
            break
    return moved


def _swatch(name: str, letter: str, index: int) -> Swatch:
    fill = rgb_of(name)
    ink = max((BLACK, WHITE), key=lambda candidate: contrast(candidate, fill))
    return Swatch(
        name=name,
        label=name[:1].upper() + name[1:],
        letter=letter,
        fill=_hex(fill),
        ink=_hex(ink),
        line_light=_hex(readable(fill, on=LIGHT_CARD)),
        line_dark=_hex(readable(fill, on=DARK_CARD)),
        pattern=index % PATTERNS,
        dash=DASHES[index % len(DASHES)],
    )


def _letters(palette: Sequence[str]) -> list[str]:
    """Return one letter a colour, its own while there is one left in its name."""
    taken: set[str] = set()
    letters = []
    for name in palette:
        candidates = [c.upper() for c in name if c.isalnum()] or [name[:1] or "?"]
        letter = next((c for c in candidates if c not in taken), candidates[0])
        taken.add(letter)
        letters.append(letter)
    return letters


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
