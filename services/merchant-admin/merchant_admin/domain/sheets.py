"""A list as people have it in their spreadsheet: heads and values in the words of its page. Pure.

A program's file has the names and values of the API (`Table`); a person's is made of the same
cells, and of the things themselves where a page says more of them than a cell does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias, assert_never

from chassis.web import Translation
from merchant_admin.domain.credential_forms import CredentialForm
from merchant_admin.domain.export_tables import Found, Kind, Table

Texts: TypeAlias = Mapping[str, tuple[str, str]]
"""By key: 简体中文 and English."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a file is worded with: the texts of its reader, the `names` of merchants, apps and
    accounts by id, by channel the form of its credentials, and `at`, when it is made."""

    t: Translation
    at: datetime
    names: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, CredentialForm] = field(default_factory=dict)

    def name(self, thing_id: str) -> str:
        return self.names.get(thing_id, thing_id)

    def title(self, field: str, channel: str | None = None) -> str:
        """Of a field of credentials, of this channel or any; its name where none calls it
        otherwise."""
        found = [it.titles[field] for it in self._forms(channel) if field in it.titles]
        return found[0].of(self.t.language) if found else field

    def choice(self, field: str, value: str, channel: str | None) -> str:
        """Of a value in credentials; as it is where it was not chosen."""
        found = [words for it in self._forms(channel) if (words := it.choice(field, value))]
        return found[0].of(self.t.language) if found else value

    def _forms(self, channel: str | None) -> Iterable[CredentialForm]:
        return [self.forms[channel]] if channel and channel in self.forms else self.forms.values()

    def named(self, ids: Iterable[str]) -> str:
        return SEVERAL.join(self.name(each) for each in ids)


SEVERAL: Final = " · "
"""Between several things in one cell, as between those of a page."""


@dataclass(frozen=True, slots=True)
class Same:
    """A cell as it is; `head`: the text above it."""

    cell: str
    head: str


@dataclass(frozen=True, slots=True)
class Worded:
    """A cell with one of the values whose texts begin with `words`; `other`: the text of those
    that have none."""

    cell: str
    head: str
    words: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """The names of those whose ids are in the cell."""

    cell: str
    head: str


@dataclass(frozen=True, slots=True)
class Described:
    """What the page says of the thing: text, or decimal text of an amount."""

    head: str
    of: Callable[[Any, Wording], str | None]
    kind: Kind = Kind.TEXT


Column: TypeAlias = Same | Worded | Named | Described
Cell: TypeAlias = Callable[[Sequence[Any], Any], Any]
"""Of the cells of a row, and the thing itself."""


def _nobody(_: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name`: of the list, which is called by the text of that name. `needs_forms`: what it says
    of credentials wants to know their forms. `mentions`: the ids of whom a thing
    speaks of beside those of its `Named` cells."""

    name: str
    columns: tuple[Column, ...]
    needs_forms: bool = False
    mentions: Callable[[Any], Iterable[str]] = _nobody

    def table(self, of: Table, t: Translation) -> Table:
        """`of`: that of the list."""
        kinds = {t(it.head): _kind(it, of) for it in self.columns}
        assert len(kinds) == len(self.columns), f"two columns of {self.name} have one head"
        return Table(t(self.name), kinds)

    def ids(self, of: Table, found: Found) -> set[str]:
        """Whose names it needs."""
        places = [_place(it.cell, of) for it in self.columns if isinstance(it, Named)]
        ids = {
            each for row in found.cells for place in places for each in (row[place] or "").split()
        }
        if self.mentions is not _nobody:
            ids |= {each for item in found.items for each in self.mentions(item)}
        return ids

    def rows(self, of: Table, found: Found, wording: Wording) -> list[list[Any]]:
        cells = [_cell(it, of, wording) for it in self.columns]
        return [
            [cell(row, item) for cell in cells]
            for row, item in zip(found.cells, found.items, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Sheets:
    """Those of all lists, by name, and the texts in them."""

    by_list: Mapping[str, Sheet]
    texts: Texts


def _kind(column: Column, of: Table) -> Kind:
    match column:
        case Same():
            return of.columns[column.cell]
        case Described():
            return column.kind
        case Worded() | Named():
            return Kind.TEXT
        case _:
            assert_never(column)


def _place(cell: str, of: Table) -> int:
    return list(of.columns).index(cell)


def _cell(column: Column, of: Table, wording: Wording) -> Cell:
    match column:
        case Same():
            place = _place(column.cell, of)
            return lambda row, _: row[place]
        case Worded():
            return _worded(_place(column.cell, of), column, wording.t)
        case Named():
            return _named(_place(column.cell, of), wording)
        case Described():
            return lambda _, item: column.of(item, wording)
        case _:
            assert_never(column)


def _worded(place: int, column: Worded, t: Translation) -> Cell:
    known: dict[str | None, str | None] = {None: None, "": None}

    def cell(row: Sequence[Any], _: Any) -> str | None:
        value = row[place]
        if value not in known:
            key = f"{column.words}{value}"
            known[value] = t(column.other if column.other and key not in t else key)
        return known[value]

    return cell


def _named(place: int, wording: Wording) -> Cell:
    known: dict[str | None, str | None] = {None: None}

    def cell(row: Sequence[Any], _: Any) -> str | None:
        value = row[place]
        if value not in known:
            known[value] = wording.named(value.split())
        return known[value]

    return cell
