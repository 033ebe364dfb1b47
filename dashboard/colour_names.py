"""A colour's name in, its red, green and blue out.

CSS's named colours, the names people give most in colour surveys, and the six of the cube; words
such as "dark" or "pale" shift what they stand before, and any other name gets a fixed colour of
its own, drawn from its digest.
"""

import colorsys
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

Rgb = tuple[int, int, int]

BLACK: Final[Rgb] = (0, 0, 0)
WHITE: Final[Rgb] = (255, 255, 255)

_NAMED: Final = """
    aliceblue:f0f8ff antiquewhite:faebd7 apple:76cd26 apricot:ffb16d aqua:13eac9 aquamarine:7fffd4
    army:4b5d16 azure:069af3 beige:e6daa6 bisque:ffe4c4 black:000000 blanchedalmond:ffebcd
    blood:980002 blue:1063e8 blueviolet:8a2be2 brick:a03623 brown:a52a2a burgundy:800020
    burlywood:deb887 cadetblue:5f9ea0 cerulean:0485d1 chartreuse:c1f80a chocolate:d2691e
    cobalt:1e488f coral:ff7f50 cornflowerblue:6495ed cornsilk:fff8dc cream:ffffc2 crimson:dc143c
    cyan:00ffff darkblue:00008b darkcyan:008b8b darkgoldenrod:b8860b darkgreen:006400
    darkgrey:a9a9a9 darkkhaki:bdb76b darkmagenta:8b008b darkolivegreen:556b2f darkorange:ff8c00
    darkorchid:9932cc darkred:8b0000 darksalmon:e9967a darkseagreen:8fbc8f darkslateblue:483d8b
    darkslategrey:2f4f4f darkturquoise:00ced1 darkviolet:9400d3 deeppink:ff1493 deepskyblue:00bfff
    dimgrey:696969 dodgerblue:1e90ff eggplant:380835 electric:0652ff firebrick:b22222 flesh:ffcba4
    floralwhite:fffaf0 forest:154406 forestgreen:228b22 fuchsia:ed0dd9 gainsboro:dcdcdc
    ghostwhite:f8f8ff gold:dbb40c goldenrod:daa520 grape:6c3461 grass:5cac2d green:009e60
    greenyellow:adff2f grey:808080 honeydew:f0fff0 hotpink:ff69b4 hunter:0b4008 indianred:cd5c5c
    indigo:380282 ivory:fffff0 kelly:02ab2e khaki:aaa662 lavender:c79fef lavenderblush:fff0f5
    lawngreen:7cfc00 leaf:71aa34 lemon:fdff52 lemonchiffon:fffacd lightblue:add8e6
    lightcoral:f08080 lightcyan:e0ffff lightgoldenrodyellow:fafad2 lightgreen:90ee90
    lightgrey:d3d3d3 lightpink:ffb6c1 lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa
    lightslategrey:778899 lightsteelblue:b0c4de lightyellow:ffffe0 lilac:c8a2c8 lime:00ff00
    limegreen:32cd32 linen:faf0e6 magenta:c20078 maroon:650021 mauve:ae7181
    mediumaquamarine:66cdaa mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db
    mediumseagreen:3cb371 mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc
    mediumvioletred:c71585 midnightblue:191970 mint:9ffeb0 mintcream:f5fffa mistyrose:ffe4e1
    moccasin:ffe4b5 moss:658b38 mud:735c12 mulberry:920a4e mustard:ceb301 navajowhite:ffdead
    navy:01153e neon:0cff0c ocean:017b92 ochre:bf9005 oldlace:fdf5e6 olive:6e750e olivedrab:6b8e23
    orange:ff7a00 orangered:ff4500 orchid:da70d6 palegoldenrod:eee8aa palegreen:98fb98
    paleturquoise:afeeee palevioletred:db7093 papayawhip:ffefd5 pea:a4bf20 peach:ffb07c
    peachpuff:ffdab9 periwinkle:8e82fe peru:cd853f pink:ffc0cb plum:7d2a68 powderblue:b0e0e6
    puce:a57e52 puke:a5a502 purple:800080 rebeccapurple:663399 red:c41e3a robinsegg:98eff9
    rose:cf6275 rosybrown:bc8f8f royal:0504aa royalblue:4169e1 rust:a83c09 saddlebrown:8b4513
    sage:87ae73 salmon:ff796c sand:e2ca76 sandybrown:f4a460 sea:3c9992 seafoam:80f9ad
    seagreen:2e8b57 seashell:fff5ee sienna:a0522d silver:c0c0c0 skin:e8b796 sky:75bbfd
    skyblue:87ceeb slate:516572 slateblue:6a5acd slategrey:708090 snow:fffafa springgreen:00ff7f
    steelblue:4682b4 tan:d1b26f taupe:b9a281 teal:029386 terracotta:ca6641 thistle:d8bfd8
    tomato:ff6347 turquoise:06c2ac violet:9a0eea wheat:f5deb3 white:f8f9fa whitesmoke:f5f5f5
    wine:80013f yellow:ffd500 yellowgreen:9acd32
"""


def _rgb(code: str) -> Rgb:
    number = int(code, 16)
    return number >> 16, number >> 8 & 255, number & 255


_NAMES: Final = {name: _rgb(code) for name, code in (w.split(":") for w in _NAMED.split())}
# How far a word moves a colour, and towards what.
_SHIFTS: Final[dict[str, tuple[Rgb, float]]] = {
    "baby": (WHITE, 0.5),
    "bright": (WHITE, 0.12),
    "burnt": (BLACK, 0.25),
    "dark": (BLACK, 0.4),
    "deep": (BLACK, 0.35),
    "dull": ((128, 128, 128), 0.4),
    "dusty": ((150, 140, 140), 0.4),
    "dirty": ((90, 80, 50), 0.35),
    "faded": ((190, 190, 190), 0.4),
    "light": (WHITE, 0.45),
    "pale": (WHITE, 0.6),
    "pastel": (WHITE, 0.55),
    "off": ((200, 190, 150), 0.2),
    "very": (WHITE, 0.0),
}


@lru_cache(maxsize=1024)
def rgb_of(name: str) -> Rgb:
    """Return the colour a name stands for: always the same for the same name."""
    words = name.lower().replace("-", " ").replace("gray", "grey").split()
    joined = "".join(words)
    if joined in _NAMES:
        return _NAMES[joined]
    words = [part for word in words for part in _parts(word)]
    bases = [_base(word) for word in words]
    known = [base for base in bases if base is not None]
    if not known:
        return _drawn(name)
    # The last word names the colour ("blue green" is a green); the others tint it.
    mixed = known[-1]
    for base in known[:-1]:
        mixed = mix(mixed, base, 0.35)
    for target, amount in _shifts(words):
        mixed = mix(mixed, target, amount)
    return mixed


def mix(colour: Rgb, other: Rgb, amount: float) -> Rgb:
    """Return `colour` moved towards `other` by a part from 0 to 1."""
    red, green, blue = (round(a + (b - a) * amount) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _parts(word: str) -> list[str]:
    """Return the words that one is written together from ("deepseablue"), else the word."""
    if not word or word in _NAMES or word in _SHIFTS:
        return [word] if word else []
    for end in range(len(word) - 1, 2, -1):
        head = word[:end]
        if _base(head) is not None or head in _SHIFTS:
            rest = _parts(word[end:])
            if all(_base(part) is not None or part in _SHIFTS for part in rest):
                return [head, *rest]
    return [word]


def _base(word: str) -> Rgb | None:
    """Return the colour of one word; "bluish" and "reddish" are blue and red."""
    stems = (word, word.removesuffix("ish"), word.removesuffix("dish"), word[:-3] + "e")
    return next((_NAMES[stem] for stem in stems if stem in _NAMES), None)


def _shifts(words: Iterable[str]) -> Iterable[tuple[Rgb, float]]:
    return [_SHIFTS[word] for word in words if word in _SHIFTS]


def _drawn(name: str) -> Rgb:
    digest = blake2b(name.encode(), digest_size=3).digest()
    hue, lightness, saturation = digest[0] / 255, 0.35 + digest[1] / 850, 0.45 + digest[2] / 640
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)
