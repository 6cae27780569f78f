"""Files of merchants and channel accounts (批量导入): read, and their columns understood.

A row is one channel account of a merchant, or a merchant alone where it names no channel. Rows with
the same reference are of one merchant. The columns behind the first four are credentials, named as
the fields of the channel.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.words import Words

REFERENCE, NAME, CHANNEL, ACCOUNT = "reference", "merchant_name", "channel", "account_name"
COLUMNS: Final = (REFERENCE, NAME, CHANNEL, ACCOUNT)

MAX_ROWS: Final = 500
MAX_LINES: Final = 20_000
"""With those that are empty."""

MAX_COLUMNS: Final = 200
MAX_BYTES: Final = 2_097_152
MAX_REFERENCE_CHARS: Final = 64

UNPRINTABLE: Final = Words(
    "含有看不见的字符，请删去后重新输入", "has characters that cannot be seen; type it anew"
)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """`number`: its line in people's eyes, the head being the first row. `cells`: credentials, by
    column, without the empty ones. `unnamed`: the columns, from 1 on, that have something in this
    row and no name in the head."""

    number: int
    reference: str
    merchant_name: str
    channel: str
    account_name: str
    cells: Mapping[str, str]
    unnamed: tuple[int, ...] = ()


class UnreadableFile(ValueError):
    """No file of this kind; `words` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)


def read_rows(raw: bytes) -> list[ImportRow]:
    """CSV in UTF-8 (with or without BOM) or GB18030, with a head.

    Raises:
        UnreadableFile: too large, too long, in no such encoding, or without the columns.
    """
    if len(raw) > MAX_BYTES:
        raise UnreadableFile("文件超过 2 MiB。", "The file is larger than 2 MiB.")
    table = csv.reader(io.StringIO(_text(raw), newline=""), strict=True)
    try:
        head = [cell.strip() for cell in next(table)]
        _check_head(head)
        filled = _filled(table)
    except StopIteration as error:
        raise UnreadableFile("文件是空的。", "The file is empty.") from error
    except csv.Error as error:
        raise UnreadableFile("不是有效的 CSV 文件。", "This is no CSV file.") from error
    if not filled:
        raise UnreadableFile("表头之下没有内容。", "There is nothing below the head.")
    return [_row(number, head, cells) for number, cells in filled]


def faults_of(row: ImportRow, names: Mapping[str, str]) -> list[tuple[str, Words]]:
    """What is wrong with the row by itself, by column. `names`: of the merchants of this file, by
    reference, as the first row of each says."""
    faults = []
    if not 0 < len(row.reference) <= MAX_REFERENCE_CHARS:
        faults.append(
            (REFERENCE, Words("必填，最多 64 个字符", "is needed, 64 characters at most"))
        )
    if not 0 < len(row.merchant_name) <= 127:
        faults.append((NAME, Words("1 至 127 个字符", "1 to 127 characters")))
    elif not row.merchant_name.isprintable():
        faults.append((NAME, UNPRINTABLE))
    elif names[row.reference] != row.merchant_name:
        faults.append(
            (NAME, Words("与同一编号的前一行不同", "is another than in an earlier row of the same"))
        )
    if len(row.account_name) > 127:
        faults.append((ACCOUNT, Words("最多 127 个字符", "127 characters at most")))
    elif not row.account_name.isprintable():
        faults.append((ACCOUNT, UNPRINTABLE))
    if not row.channel and row.cells:
        faults.append((CHANNEL, Words("填写了密钥，须写明渠道", "is needed beside credentials")))
    for column in row.unnamed:
        words = Words(f"第 {column} 列没有列名", f"column {column} has no name in the head")
        faults.append(("", words))
    return faults


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFile(
        "编码须为 UTF-8 或 GB18030（Excel 请另存为 CSV）。",
        "The encoding must be UTF-8 or GB18030 (in Excel: save as CSV).",
    )


def _filled(table: Iterable[list[str]]) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, by number; no more is read of a file that has too many."""
    filled = []
    for number, cells in enumerate(table, 2):
        if any(cell.strip() for cell in cells):
            filled.append((number, cells))
        if len(filled) > MAX_ROWS or number > MAX_LINES:
            raise UnreadableFile(f"最多 {MAX_ROWS} 行。", f"{MAX_ROWS} rows at most.")
    return filled


def _check_head(head: Sequence[str]) -> None:
    missing = [name for name in (REFERENCE, NAME) if name not in head]
    if missing:
        raise UnreadableFile(
            f"表头缺少：{'、'.join(missing)}。", f"The head lacks {', '.join(missing)}."
        )
    if len(head) > MAX_COLUMNS:
        raise UnreadableFile(f"最多 {MAX_COLUMNS} 列。", f"{MAX_COLUMNS} columns at most.")
    doubled = sorted(name for name, times in Counter(head).items() if name and times > 1)
    if doubled:
        raise UnreadableFile(
            f"表头重复：{'、'.join(doubled)}。", f"The head has {', '.join(doubled)} twice."
        )


def _row(number: int, head: Sequence[str], cells: Sequence[str]) -> ImportRow:
    named = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if name}
    return ImportRow(
        number=number,
        reference=named.get(REFERENCE, ""),
        merchant_name=named.get(NAME, ""),
        channel=named.get(CHANNEL, ""),
        account_name=named.get(ACCOUNT, ""),
        cells={name: cell for name, cell in named.items() if cell and name not in COLUMNS},
        unnamed=tuple(
            column
            for column, cell in enumerate(cells, 1)
            if cell.strip() and not (column <= len(head) and head[column - 1])
        ),
    )
