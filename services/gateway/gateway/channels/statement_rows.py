"""Rows of channels' statements as they come: names are strangers' text, and stop nothing.

A name may hold the file's own separators, quotes and odd line separators. What is around it is
found from both ends; a row that still cannot be read is set aside, and the rest goes on
(`strangers-text-stops-nothing`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from contracts.identifiers import is_id
from contracts.internal import MAX_RAW_CHARS
from contracts.money import Money
from contracts.text import storable
from gateway.channels.formats import rounded
from gateway.channels.plugin import StatementRow, Unverifiable, clean

MAX_ROW_AMOUNT: Final = 100_000_000_000_000
"""Minor units, either way: a hundred of the largest payments, and a whole file of them is a sum
that a database can hold."""

MAX_NUMBER_CHARS: Final = 128

_GROUPED: Final = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


def lines_of(content: bytes, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, from 1, and what is no character replaced. They end at CR or
    LF, and at nothing else. One by one: a large file, its text and its lines are together more
    than there is room for.
    """
    begin, number = 0, 0
    for number, end in enumerate(_LINE_END.finditer(content), 1):
        yield number, content[begin : end.start()].decode(encoding, "replace")
        begin = end.end()
    yield number + 1, content[begin:].decode(encoding, "replace")


def fitted(
    cells: Sequence[str], names: Sequence[str], free: tuple[str, str], separator: str
) -> dict[str, str]:
    """The cells by the names of the head. Too many come of separators in free text, which stands
    in the columns from `free[0]` up to, and without, `free[1]`.

    Raises:
        Unverifiable: they do not fit.
    """
    excess = len(cells) - len(names)
    if excess == 0:
        return dict(zip(names, cells, strict=True))
    if excess < 0 or not set(free) <= set(names):
        raise Unverifiable("a row of another length than the head")
    first, after = names.index(free[0]), names.index(free[1])
    left, right = cells[:first], cells[after + excess :]
    middle = separator.join(cells[first : after + excess])
    others = [""] * (after - first - 1)
    return dict(zip(names, [*left, middle, *others, *right], strict=True))


def ungrouped(cell: str) -> str:
    """The number in the cell without what parts its thousands; anything else as it stands."""
    return cell.replace(",", "") if _GROUPED.fullmatch(cell) else cell


def read_each(
    lines: Iterable[tuple[int, str]],
    split: Callable[[str], Mapping[str, str]],
    read: Callable[[Mapping[str, str]], StatementRow | None],
    currency: str,
) -> Iterator[StatementRow]:
    """The rows of these lines, without those that `read` finds to be nobody's here."""
    for number, line in lines:
        try:
            row = read(split(line))
            if row is not None:
                storable_row(row)
        except Unverifiable:
            row = StatementRow(
                kind="unreadable",
                payment_no="",
                refund_no="",
                channel_no="",
                amount=Money(0, currency),
                at=None,
                raw=clean(line[:MAX_RAW_CHARS]),
                line=number,
            )
        if row is not None:
            yield row


def with_whole_fees(rows: Iterable[StatementRow]) -> list[StatementRow]:
    """The rows with fees that add up to what the exact ones do, rounded once: ten of 0.3 fen are
    three, and not nothing. A row that stands there twice has the same fee twice. What is ours is
    rounded by itself, and what was not moved after all."""
    exact, given = defaultdict[tuple[bool, bool], Decimal](Decimal), Counter[tuple[bool, bool]]()
    known: dict[tuple[StatementRow, Decimal], int] = {}
    found = []
    for row in rows:
        if row.exact_fee is not None:
            key = (row, row.exact_fee)
            if key not in known:
                group = (is_ours(row.payment_no) or is_ours(row.refund_no), row.status == "failed")
                exact[group] += row.exact_fee
                known[key] = rounded(exact[group]) - given[group]
                given[group] += known[key]
            row = replace(row, fee=known[key])
        found.append(row)
    return found


def known_row(row: StatementRow, *named: str) -> StatementRow:
    """The row itself. Raises Unverifiable for one that has, or names in other columns, a number of
    ours, and is of a kind or state that nobody has heard of: people must see what it says of our
    money."""
    if row.kind == "other" and any(map(is_ours, (row.payment_no, row.refund_no, *named))):
        raise Unverifiable("a kind or state that nobody has heard of")
    return row


def is_ours(number: str) -> bool:
    """Whether it has the form of a number of ours."""
    return is_id("payment", number) or is_id("refund", number)


def storable_row(row: StatementRow) -> StatementRow:
    """The row itself. Raises Unverifiable for one that no books can hold."""
    if max(abs(row.amount.amount_minor), abs(row.fee)) > MAX_ROW_AMOUNT:
        raise Unverifiable("an amount that nobody moves")
    for number in (row.payment_no, row.refund_no, row.channel_no):
        if len(number) > MAX_NUMBER_CHARS:
            raise Unverifiable("a number that is too long")
        try:
            storable(number)
        except ValueError as error:
            raise Unverifiable("a number that no text can hold") from error
    return row
