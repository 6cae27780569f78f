"""Where to cut what was read: the parser is given no more than one whole request at a time.

It cannot be stopped behind a request; a head, and a body in chunks, ends with an empty line.
"""

from typing import Final

EMPTY_LINE: Final = b"\r\n\r\n"
LINE_ENDS: Final = b"\r\n"


def end_of_piece(data: bytes, at: int, room: int, is_in_head: bool) -> int:
    """Of a head, or of a body in chunks: no two heads become whole with it, and none behind a body
    that became whole. All of an ordinary request: its body has no empty line."""
    end = min(len(data), at + room)
    if data[at] in LINE_ENDS:  # An empty line may have begun with the piece before.
        return min(end, at + len(EMPTY_LINE) - 1)
    line = data.find(EMPTY_LINE, at, end)
    if line < 0:
        return end
    line += len(EMPTY_LINE)
    if is_in_head and end == len(data) and _is_last(data, line):
        return end
    return line


def _is_last(data: bytes, line: int) -> bool:
    return data.find(b"\r", line) < 0 or data.find(EMPTY_LINE, line) < 0
