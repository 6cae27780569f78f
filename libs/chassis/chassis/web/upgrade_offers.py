"""Requests that offer to go on in another protocol: the offer is ignored, the request is not.

Java's own client offers h2c with every request over plain HTTP. httptools takes what follows such
a head for the other protocol, so the body is read by a parser of its own.
Source: RFC 9110 (7.8): a server may ignore an Upgrade.
"""

from typing import Final, Protocol

import httptools

FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class Reader(Protocol):
    """What hears of the body."""

    def on_body(self, body: bytes) -> None: ...

    def on_message_complete(self) -> None: ...


class _Once:
    """Hears of one body, and of nothing behind it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._is_over = False

    def on_body(self, body: bytes) -> None:
        if not self._is_over:
            self._reader.on_body(body)

    def on_message_complete(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._reader.on_message_complete()


def parser_of_body(
    reader: Reader, headers: list[tuple[bytes, bytes]]
) -> httptools.HttpRequestParser | None:
    """As a head that is judged already frames it; None where it tells of no body."""
    framing = [each for each in headers if each[0] in FRAMING]
    if not framing or framing[0][1].strip(b"0") == b"":
        return None
    parser = httptools.HttpRequestParser(_Once(reader))
    lines = b"".join(b"%s: %s\r\n" % each for each in framing)
    parser.feed_data(b"POST / HTTP/1.1\r\n" + lines + b"\r\n")
    return parser
