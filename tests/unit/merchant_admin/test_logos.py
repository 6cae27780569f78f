"""What may stay of a logo."""

import struct
import zlib

import pytest

from merchant_admin.domain.logos import MAX_BYTES, NoLogo, cleaned

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{}</svg>'


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def png(width: int = 2, height: int = 2, *more: bytes, rows: int | None = None) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(
        (b"\0" + b"\x11\x22\x33\xff" * width) * (height if rows is None else rows)
    )
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def drawn(inside: str) -> str:
    return cleaned(SVG.format(inside).encode()).content.decode()


def test_a_png_keeps_what_draws_it() -> None:
    logo = cleaned(png(2, 2, chunk(b"tEXt", b"Author\0somebody"), chunk(b"eXIf", b"where")))
    assert (logo.media_type, logo.content) == ("image/png", png())


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"x" * MAX_BYTES, "larger than 64 KiB"),
        (png()[:-3], "damaged"),
        (png().replace(b"IDAT", b"IDAX"), "damaged"),
        (png(rows=1), "damaged"),
        (png(rows=3), "damaged"),
        (png(1025, 1), "1024 pixels"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "damaged"),
        (b"GIF89a", "neither"),
        (b"\xff\xd8\xff\xe0", "neither"),
        (b"<html/>", "neither"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "viewBox"),
        (SVG.format("<g>" * 40 + "</g>" * 40).encode(), "groups"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("").encode(), "entities"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(raw: bytes, why: str) -> None:
    with pytest.raises(NoLogo, match=why):
        cleaned(raw)


def test_an_svg_keeps_shapes_and_paint() -> None:
    shape = '<path d="M1 2h3z" style="fill: #f00; font: x" transform="rotate(45 1 1)"/>'
    assert drawn(shape) == SVG.format(
        '<path d="M1 2h3z" transform="rotate(45 1 1)" fill="#f00"></path>'
    )
    named = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">' + SVG.format("<g/>")
    assert cleaned(named.encode()).content.decode() == SVG.format("<g></g>")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<style>*{background:url(//evil.example)}</style>",
        "<foreignObject><body/></foreignObject>",
        '<image href="https://evil.example/x.png"/>',
        '<use href="#a"/>',
        '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
        '<animate attributeName="href" to="javascript:1"/>',
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
        "<!-- evil --><?evil evil?>",
    ],
)
def test_what_runs_loads_or_links_is_taken_out(hostile: str) -> None:
    assert drawn(hostile) == SVG.format("")


@pytest.mark.parametrize(
    "hostile",
    [
        'onload="alert(1)"',
        'fill="url(https://evil.example#a)"',
        'style="fill:url(//evil.example)"',
        'fill="u&#114;l(//evil.example)"',
        'href="https://evil.example"',
        'class="a"',
        'd="&lt;script&gt;"',
        'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="data:text/html,x"',
    ],
)
def test_attributes_that_run_load_or_link_are_taken_out(hostile: str) -> None:
    assert drawn(f"<g {hostile}/>") == SVG.format("<g></g>")


def test_own_gradients_still_work() -> None:
    inside = '<linearGradient id="a" href="#b"></linearGradient><g fill="url(#a)"></g>'
    assert drawn(inside) == SVG.format(inside)
