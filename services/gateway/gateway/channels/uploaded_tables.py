"""Tables that people upload: of any encoding that Excel writes here, with lines above and below.

A line is a row by itself, so that a stray quote spoils its own row and no other
(`strangers-text-stops-nothing`). Columns are found by the text of the head, never by position.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.internal import MAX_UPLOAD_ROWS
from gateway.channels.plugin import UnreadableFile, Unverifiable

MAX_LINES_ABOVE: Final = 50
"""Above the head stand titles and sums."""

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_FULL_WIDTH: Final = str.maketrans("（）：　", "(): ")
_WRAPPED: Final = "`'\t \u3000\ufeff\""


@dataclass(frozen=True, slots=True)
class Table:
    """The lines below the head, with their numbers in the file. `names`: what each column is, ""
    where it is nobody's business; `heads`: their texts, by name."""

    names: tuple[str, ...]
    heads: Mapping[str, str]
    separator: str
    lines: tuple[tuple[int, str], ...]

    def cells(self, line: str) -> dict[str, str]:
        """By the names of their columns. Raises Unverifiable where there are fewer than columns,
        or more."""
        cells = split(line, self.separator)
        while len(cells) > len(self.names) and not cells[-1]:
            cells.pop()
        if len(cells) != len(self.names):
            raise Unverifiable("a row of another length than the head")
        return {name: cell for name, cell in zip(self.names, cells, strict=True) if name}


def read(raw: bytes, columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Table:
    """`columns`: by name, the texts under which heads know it, in lower case.

    Raises:
        UnreadableFile: in no such encoding, too long, or without a head that has what is needed.
    """
    all_lines = enumerate(_LINE_END.split(text_of(raw)), 1)
    lines = [(number, line) for number, line in all_lines if line.strip(_WRAPPED)]
    for at, (_, line) in enumerate(lines[:MAX_LINES_ABOVE]):
        separator = "," if line.count(",") >= line.count("\t") else "\t"
        try:
            heads = [_head(cell) for cell in split(line, separator)]
        except Unverifiable:
            continue
        while heads and not heads[-1]:
            heads.pop()
        names = _names(heads, columns)
        if set(needed) <= set(names):
            return _table(names, heads, separator, lines[at + 1 :])
    wanted = ["/".join(columns[name]) for name in needed]
    raise UnreadableFile(
        f"找不到表头，需要这些列：{'、'.join(wanted)}。",
        f"No head with the columns that are needed: {', '.join(wanted)}.",
    )


def text_of(raw: bytes) -> str:
    """Raises UnreadableFile for what is no text in UTF-8, GB18030 or UTF-16 with a mark."""
    for encoding in _encodings(raw):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFile(
        "不是文本文件：请上传 CSV（UTF-8 或 GB18030），不要上传 Excel 或压缩包。",
        "This is no text: upload a CSV in UTF-8 or GB18030, no Excel workbook and no archive.",
    )


def split(line: str, separator: str) -> list[str]:
    """The cells as people see them: without quotes, the ="…" of Excel and what keeps digits.

    Raises Unverifiable for a line that is none, such as with a cell of 200,000 characters.
    """
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        raise Unverifiable("a line that cannot be divided into cells") from error
    return [cell.strip(_WRAPPED).removeprefix("=").strip(_WRAPPED) for cell in cells]


def _names(heads: Sequence[str], columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What each column is. Of several that are the same, the one whose text comes first counts."""
    texts = [head.partition("(")[0].strip() for head in heads]
    places = {
        next(texts.index(text) for text in known if text in texts): name
        for name, known in columns.items()
        if not set(known).isdisjoint(texts)
    }
    return tuple(places.get(place, "") for place in range(len(texts)))


def _table(
    names: tuple[str, ...], heads: Sequence[str], separator: str, lines: Sequence[tuple[int, str]]
) -> Table:
    if len(lines) > MAX_UPLOAD_ROWS:
        raise UnreadableFile(f"最多 {MAX_UPLOAD_ROWS} 行。", f"{MAX_UPLOAD_ROWS} rows at most.")
    by_name = {name: head for name, head in zip(names, heads, strict=True) if name}
    return Table(names, by_name, separator, tuple(lines))


def _encodings(raw: bytes) -> Iterator[str]:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield "utf-16"
    yield from ("utf-8-sig", "gb18030")


def _head(cell: str) -> str:
    return cell.translate(_FULL_WIDTH).lower().strip()
