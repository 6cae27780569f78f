"""A merchant's colour stays readable, whatever it is."""

import pytest

from cashier.domain.colours import DARK_GROUND, LIGHT_GROUND, READABLE, contrast, shades_of


def rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#ffff00", "#ff0000", "#07c160", "#0b6b63", "#7f7f7f"]
)
def test_text_in_it_and_on_it_can_be_read_by_day_and_night(colour: str) -> None:
    shades = shades_of(colour)
    light, dark = rgb(shades.light), rgb(shades.dark)
    assert contrast(light, LIGHT_GROUND) >= READABLE
    assert contrast((255, 255, 255), light) >= READABLE
    assert contrast(dark, DARK_GROUND) >= READABLE
    assert contrast((15, 20, 25), dark) >= READABLE


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert shades_of("#0b6b63").light == "#0b6b63"
    assert shades_of("#9fe0d0").dark == "#9fe0d0"


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)
