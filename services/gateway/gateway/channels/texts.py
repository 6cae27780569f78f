"""Texts that cross the border: strangers' are cleaned where they enter, ours are cut to fit.

`strangers-text-stops-nothing`: a NUL, a line break or a bidi control in what a channel says would
stop a database, a log or a reader, so none gets past here.
"""

import unicodedata
from typing import Final

REPLACEMENT: Final = "\ufffd"

_JOINER: Final = "\u200d"
_SKIN_TONES: Final = ("\U0001f3fb", "\U0001f3ff")
_FLAG_LETTERS: Final = ("\U0001f1e6", "\U0001f1ff")
_TAGS: Final = ("\U000e0020", "\U000e007f")


def clean(text: str) -> str:
    """The text with each control, bidi, zero-width, line-breaking, half or unassigned character
    replaced by U+FFFD, so that two different texts do not become one by losing characters."""
    if text.isprintable():
        return text
    return "".join(each if _is_harmless(each) else REPLACEMENT for each in text)


def cut_to_bytes(text: str, limit_bytes: int) -> str:
    """As much of the text as fits into so many bytes of UTF-8 and ends between two graphemes."""
    raw = text.encode(errors="replace")
    if len(raw) <= limit_bytes:
        return text
    return _without_broken_end(text, len(raw[:limit_bytes].decode(errors="ignore")))


def cut_to_characters(text: str, limit: int) -> str:
    """As much of the text as has so many characters (code points) and ends between two
    graphemes."""
    return text if len(text) <= limit else _without_broken_end(text, limit)


def _is_harmless(character: str) -> bool:
    """Printable, or a space of another width."""
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _without_broken_end(text: str, end: int) -> str:
    """What a reader sees as one character stays whole or goes: accents, flags, joined emoji."""
    at = end
    while at > 0 and _belongs_together(text, at):
        at -= 1
    return text[: at or end]


def _belongs_together(text: str, at: int) -> bool:
    """Whether no grapheme ends before position `at`."""
    before, after = text[at - 1], text[at]
    if after == _JOINER or before == _JOINER or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return True
    if _SKIN_TONES[0] <= after <= _SKIN_TONES[1] or _TAGS[0] <= after <= _TAGS[1]:
        return True
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_letters_before(text, at) % 2 == 1
    return _is_jamo(before) and _is_jamo(after)


def _is_flag_letter(character: str) -> bool:
    return _FLAG_LETTERS[0] <= character <= _FLAG_LETTERS[1]


def _flag_letters_before(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return at - start


def _is_jamo(character: str) -> bool:
    """A part of a Korean syllable that is written letter by letter."""
    return "\u1100" <= character <= "\u11ff"
