"""QR codes as inline SVG: no image request, sharp on every screen."""

import io
from typing import Final

import segno

QUIET_ZONE_MODULES: Final = 4
"""ISO/IEC 18004 asks for four modules of white around the code."""

PNG_SCALE: Final = 9


def qr_svg(text: str) -> str:
    """An `<svg>` element without a size of its own; the text stands in it as dots only."""
    code = segno.make_qr(text, error="m")
    svg: str = code.svg_inline(
        omitsize=True, border=QUIET_ZONE_MODULES, dark="#000", light="#fff", svgclass="qr"
    )
    return svg


def qr_png(text: str) -> bytes:
    """The same as an image of about 400 × 400 pixels, for phones to keep."""
    image = io.BytesIO()
    segno.make_qr(text, error="m").save(
        image, kind="png", scale=PNG_SCALE, border=QUIET_ZONE_MODULES
    )
    return image.getvalue()
