"""A merchant's colour in shades that everyone can read: text in it, and text on it.

Source: w3.org/TR/WCAG22, contrast ratio
"""

from dataclasses import dataclass
from typing import Final

READABLE: Final = 4.5
STEPS: Final = 40

Rgb = tuple[int, int, int]

LIGHT_GROUND: Final = (244, 246, 248)
"""The darkest ground of the light page."""

DARK_GROUND: Final = (33, 42, 50)
"""The lightest ground of the dark page; its darkest is the ink on the colour."""

_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Shades:
    """`#rrggbb` for the light page, with white on it, and for the dark one, with ink on it."""

    light: str
    dark: str


def shades_of(colour: str) -> Shades:
    """The colour, mixed with black or white just as far as it must be. `colour`: `#rrggbb`."""
    given = _parsed(colour)
    return Shades(
        light=_readable(given, on=LIGHT_GROUND, towards=_BLACK),
        dark=_readable(given, on=DARK_GROUND, towards=_WHITE),
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """Between 1 and 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _readable(colour: Rgb, *, on: Rgb, towards: Rgb) -> str:
    mixed = (_mixed(colour, towards, step / STEPS) for step in range(STEPS + 1))
    return _written(next(each for each in mixed if contrast(each, on) >= READABLE))


def _mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (
        round(own + (theirs - own) * share) for own, theirs in zip(colour, other, strict=True)
    )
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    parts = (part / 255 for part in colour)
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parsed(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _written(colour: Rgb) -> str:
    return "#" + bytes(colour).hex()
