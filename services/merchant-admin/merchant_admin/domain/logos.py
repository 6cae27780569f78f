"""A merchant's logo, as payers may be shown it: what is no picture is taken out of it.

A PNG keeps the parts that draw it; an SVG keeps shapes, gradients and paint, and loses whatever
runs, loads or links. Sources: w3.org/TR/png-3 · w3.org/TR/SVG2
"""

import binascii
import re
import struct
import zlib
from dataclasses import dataclass
from typing import Final, Literal
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

MAX_BYTES: Final = 65_536
MAX_PIXELS: Final = 1_024
"""Of each side: more than any screen shows of it, and no bomb when it is unpacked."""

MAX_DEPTH: Final = 24

MediaType = Literal["image/png", "image/svg+xml"]


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that was cleaned."""

    media_type: MediaType
    content: bytes


class NoLogo(ValueError):
    """It is no picture that payers may be shown; the message says why, for people."""


def cleaned(raw: bytes) -> Logo:
    """Raises NoLogo."""
    if len(raw) > MAX_BYTES:
        raise NoLogo("is larger than 64 KiB")
    if raw.startswith(_PNG):
        return Logo("image/png", _cleaned_png(raw))
    return Logo("image/svg+xml", _cleaned_svg(raw))


_PNG: Final = b"\x89PNG\r\n\x1a\n"
_DRAWING: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _cleaned_png(raw: bytes) -> bytes:
    kept, pixels, at = [_PNG], b"", len(_PNG)
    header: bytes | None = None
    while at + 12 <= len(raw):
        (size,) = struct.unpack_from(">I", raw, at)
        kind, content = raw[at + 4 : at + 8], raw[at + 8 : at + 8 + size]
        checksum = raw[at + 8 + size : at + 12 + size]
        if struct.pack(">I", binascii.crc32(kind + content)) != checksum:
            break
        if kind in _DRAWING:
            kept.append(raw[at : at + 12 + size])
        if kind == b"IHDR":
            header = content
        if kind == b"IDAT":
            pixels += content
        if kind == b"IEND":
            _require_drawable(header, pixels)
            return b"".join(kept)
        at += 12 + size
    raise NoLogo("is a damaged PNG")


def _require_drawable(header: bytes | None, pixels: bytes) -> None:
    """Raises NoLogo unless there are exactly the pixels that the header tells."""
    if header is None or len(header) != struct.calcsize(">IIBBBBB"):
        raise NoLogo("is a damaged PNG")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if not (0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS):
        raise NoLogo("must be at most 1024 pixels wide and high")
    if interlaced:
        raise NoLogo("must not be an interlaced PNG")
    expected = height * (1 + (width * depth * _CHANNELS.get(colour, 0) + 7) // 8)
    unpacking = zlib.decompressobj()
    try:
        size = len(unpacking.decompress(pixels, expected + 1))
    except zlib.error as error:
        raise NoLogo("is a damaged PNG") from error
    if size != expected:
        raise NoLogo("is a damaged PNG")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SVG: Final = "{http://www.w3.org/2000/svg}"
_HREFS: Final = ("href", "{http://www.w3.org/1999/xlink}href")
_ELEMENTS: Final = _words(
    "svg g path rect circle ellipse line polyline polygon title defs clipPath linearGradient "
    "radialGradient stop"
)
_GRADIENTS: Final = frozenset({"linearGradient", "radialGradient"})
_PAINT: Final = _words(
    "fill fill-rule fill-opacity stroke stroke-width stroke-linecap stroke-linejoin opacity "
    "stroke-miterlimit stroke-dasharray stroke-opacity stop-color stop-opacity clip-path "
    "clip-rule color display visibility"
)
_ATTRIBUTES: Final = _PAINT | _words(
    "id viewBox preserveAspectRatio width height x y x1 x2 y1 y2 cx cy r rx ry fx fy d points "
    "transform gradientTransform gradientUnits spreadMethod offset clipPathUnits"
)
_VALUE: Final = re.compile(r"[\w\s#%.,()+\-]*", re.ASCII)
_OWN_PART: Final = re.compile(r"#[\w-]+", re.ASCII)
_OWN_URL: Final = re.compile(r"url\(#[\w-]+\)", re.ASCII)
_DOCTYPE: Final = re.compile(r"<!DOCTYPE[^\[<>]*>")


def _cleaned_svg(raw: bytes) -> bytes:
    try:
        text = _DOCTYPE.sub("", raw.decode("utf-8-sig"), count=1)
    except UnicodeDecodeError as error:
        raise NoLogo("is neither a PNG nor an SVG in UTF-8") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NoLogo("must not define entities")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise NoLogo("is neither a PNG nor an SVG") from error
    if root.tag != f"{_SVG}svg":
        raise NoLogo("is neither a PNG nor an SVG")
    if "viewBox" not in root.attrib and not {"width", "height"} <= root.attrib.keys():
        raise NoLogo("needs a viewBox")
    return _written(root, 0).encode()


def _written(element: ElementTree.Element, depth: int) -> str:
    """The element with what may stay of it, or nothing."""
    name = str(element.tag).removeprefix(_SVG)
    if name not in _ELEMENTS:
        return ""
    if depth > MAX_DEPTH:
        raise NoLogo("has too many groups in each other")
    space = ' xmlns="http://www.w3.org/2000/svg"' if depth == 0 else ""
    kept = "".join(f" {key}={quoteattr(value)}" for key, value in _attributes(element, name))
    inside = "".join(_written(child, depth + 1) for child in element)
    return f"<{name}{space}{kept}>{inside}</{name}>"


def _attributes(element: ElementTree.Element, name: str) -> list[tuple[str, str]]:
    kept = {key: value for key, value in element.attrib.items() if key in _ATTRIBUTES}
    for declaration in element.attrib.get("style", "").split(";"):
        key, _, value = declaration.partition(":")
        if key.strip() in _PAINT:
            kept[key.strip()] = value.strip()
    for key in _HREFS:
        target = element.attrib.get(key, "")
        if name in _GRADIENTS and _OWN_PART.fullmatch(target):
            kept["href"] = target
    return [(key, value) for key, value in kept.items() if _is_harmless(value) or key == "href"]


def _is_harmless(value: str) -> bool:
    if "url" in value.lower():
        return _OWN_URL.fullmatch(value) is not None
    return _VALUE.fullmatch(value) is not None
