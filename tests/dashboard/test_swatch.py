"""Every colour that a poll can invent is readable, in both schemes, and more than a colour."""

from hypothesis import given
from hypothesis import strategies as st

from core.poll import DEFAULT_PALETTE
from dashboard.colour_names import Rgb, rgb_of
from dashboard.swatch import DARK_CARD, LIGHT_CARD, contrast, swatches


def rgb(code: str) -> Rgb:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


@given(st.text(min_size=1, max_size=64))
def test_lines_letters_and_labels_keep_their_contrast(name: str) -> None:
    (swatch,) = swatches([name])
    assert contrast(rgb(swatch.line_light), LIGHT_CARD) >= 4.5
    assert contrast(rgb(swatch.line_dark), DARK_CARD) >= 4.5
    assert contrast(rgb(swatch.ink), rgb(swatch.fill)) >= 4.5


def test_the_default_palette_has_a_pattern_and_a_letter_each() -> None:
    drawn = swatches(DEFAULT_PALETTE)
    assert [swatch.letter for swatch in drawn] == ["R", "O", "Y", "G", "B", "W"]
    assert len({swatch.pattern for swatch in drawn}) == len(drawn)


def test_letters_differ_while_names_have_letters_left() -> None:
    letters = [s.letter for s in swatches(["blue", "black", "brown", "beige"])]
    assert letters == ["B", "L", "R", "E"]


def test_a_grown_palette_redraws_nothing_that_was_there() -> None:
    before = swatches(["red", "green"])
    assert swatches(["red", "green", "rose", "gold"])[:2] == before


def test_names_mean_what_people_mean_by_them() -> None:
    assert rgb_of("Dark Green") < rgb_of("green") < rgb_of("light green")
    assert rgb_of("sky-blue") == rgb_of("sky blue")
    assert rgb_of("deepblue") == rgb_of("deep blue") < rgb_of("blue")
    assert rgb_of("greenishyellow") == rgb_of("greenish yellow")
    red, green, blue = rgb_of("bluish green")
    assert green > red
    assert green > blue // 2
    assert rgb_of("zzyzx") == rgb_of("zzyzx") != rgb_of("zzyzy")


def test_contrast_is_wcags() -> None:
    assert round(contrast((0, 0, 0), (255, 255, 255)), 2) == 21.0
    assert round(contrast((119, 119, 119), (255, 255, 255)), 2) == 4.48
