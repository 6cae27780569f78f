"""The lists as rows of a spreadsheet, made ready by the database: a file is mostly this statement.

Amounts are decimal text, times Beijing's: text in CSV, the number of days that spreadsheets count
in XLSX. Texts of anybody come as they are; whoever writes them into a file makes them harmless.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from chassis.database import Tx
from contracts.money import MINOR_DIGITS
from merchant_admin.domain.export_tables import FileKind, Kind, Table
from merchant_admin.domain.search import Position, Search, SplitSearch
from merchant_admin.store import search as lists
from merchant_admin.store import splits
from merchant_admin.store.entity_lists import allow
from merchant_admin.store.shown_status import shown_payment_status, shown_status

SearchT = TypeVar("SearchT", Search, SplitSearch)

PLAN_WITH_VALUES: Final = "set local plan_cache_mode = force_custom_plan"

_LOCAL: Final = "({0})::timestamptz at time zone interval '8 hours'"
TIMES: Final[Mapping[FileKind, str]] = {
    FileKind.CSV: f"to_char({_LOCAL}, 'YYYY-MM-DD HH24:MI:SS')",
    FileKind.XLSX: f"(floor(extract(epoch from {_LOCAL})) / 86400 + 25569)::float8",
}
"""A spreadsheet counts days; 1 January 1970 is its 25,569th."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`sql`: a time, a whole number of minor units, or text."""

    kind: Kind
    sql: str


@dataclass(frozen=True, slots=True)
class Source(Generic[SearchT]):
    """A list that can be exported. `statement`: for a search, with `:columns`; `currency`: the SQL
    of that of the amounts; `place`: that of the two parts of a row's position. `more`: by name the
    SQL of what only files for people are made of."""

    name: str
    statement: Callable[[SearchT], str]
    columns: Mapping[str, Cell]
    currency: str
    place: str
    more: Sequence[tuple[str, str]] = ()

    @property
    def table(self) -> Table:
        return Table(self.name, {name: cell.kind for name, cell in self.columns.items()})

    def reading(self, search: SearchT, kind: FileKind) -> str:
        """The statement of a page: the cells, and behind them the row's position."""
        shown: list[str] = [self._shown(cell, kind) for cell in self.columns.values()]
        more: list[str] = [f"({sql})::text as {name}" for name, sql in self.more]
        return self.statement(search).replace(":columns", ", ".join([*shown, *more, self.place]))

    def _shown(self, cell: Cell, kind: FileKind) -> str:
        match cell.kind:
            case Kind.TIME:
                return TIMES[kind].format(cell.sql)
            case Kind.AMOUNT:
                return _amount(cell.sql, self.currency)
            case Kind.TEXT | Kind.DAY:
                return f"({cell.sql})::text"


@dataclass(frozen=True, slots=True)
class Rows:
    """A page, of which the last two values of each row are its position; `after`: where the next
    one begins, None at the end."""

    found: Sequence[Sequence[Any]]
    after: Position | None


async def read_page(tx: Tx, source: Source[SearchT], kind: FileKind, search: SearchT) -> Rows:
    """`search.limit` rows at most, the newest first, from behind `search.after` on."""
    await tx.execute(PLAN_WITH_VALUES)
    found: list[Any] = await tx.fetch(source.reading(search, kind), *_parameters(search))
    if len(found) < search.limit:
        return Rows(found, None)
    *_, created_at, number = found[-1]
    return Rows(found, Position(created_at, number))


async def count(
    tx: Tx, source: Source[SearchT], search: SearchT, *, timeout_s: float | None = None
) -> int:
    """No further than `search.limit`; in a transaction that does nothing else."""
    await allow(tx, timeout_s)
    await tx.execute(PLAN_WITH_VALUES)
    statement = source.statement(search).replace(":columns", "1")
    counting = f"select count(*) from ({statement}) as found"  # noqa: S608  # ours
    return int(await tx.fetchval(counting, *_parameters(search), timeout=timeout_s))


def _parameters(search: Search | SplitSearch) -> tuple[object, ...]:
    if isinstance(search, SplitSearch):
        return splits.parameters(search)
    return lists.parameters(search)


def _amount(minor_units: str, currency: str) -> str:
    """As decimal text, with the digits of its currency."""
    by_digits: dict[int, list[str]] = {}
    for name, digits in MINOR_DIGITS.items():
        by_digits.setdefault(digits, []).append(f"'{name}'")
    cases = (
        f"when {currency} in ({', '.join(names)})"
        f" then (({minor_units})::numeric / {10**digits})::numeric(30, {digits})::text"
        for digits, names in by_digits.items()
        if digits != USUAL_DIGITS
    )
    usual = f"(({minor_units})::numeric / 100)::numeric(30, 2)::text"
    return f"case {' '.join(cases)} else {usual} end"


USUAL_DIGITS: Final = 2


def _time(sql: str) -> Cell:
    return Cell(Kind.TIME, sql)


def _text(sql: str) -> Cell:
    return Cell(Kind.TEXT, sql)


def _texts(row: str, *names: str) -> dict[str, Cell]:
    """Columns that are called as the members of the view."""
    return {name: _text(f"{row}.view ->> '{name}'") for name in names}


def _amounts(row: str, *names: str) -> dict[str, Cell]:
    return {name: Cell(Kind.AMOUNT, f"{row}.view ->> '{name}'") for name in names}


_FAILURE: Final = "{}.view -> 'failure' ->> 'code'"

_REFUNDED: Final = """select coalesce(sum(r.amount), 0) from refunds_view r
     where r.payment_no = p.payment_no and r.status = 'succeeded'"""

_RECEIVERS: Final = f"""select string_agg(concat_ws(' ', share ->> 'account',
        {_amount("share ->> 'amount'", "s.view ->> 'currency'")}, share ->> 'status'), '; ')
     from jsonb_array_elements(s.view -> 'receivers') share"""  # noqa: S608  # ours

# Only where the code is this app's at this merchant: apps write into metadata what they like.
_AT_CODE: Final = """select {} from counter_code c
     where c.code_id = p.view -> 'metadata' ->> 'code_id' and c.merchant_id = p.merchant_id
       and c.app_id = p.app_id"""
_NOTE: Final = "p.view -> 'metadata' ->> 'note'"

_OF_ORDER_AT_CODE: Final = """select {} from payments_view p join counter_code c
        on c.code_id = p.view -> 'metadata' ->> 'code_id' and c.merchant_id = p.merchant_id
       and c.app_id = p.app_id
     where p.order_id = o.order_id order by p.created_at, p.payment_no limit 1"""

ORDERS: Final[Source[Search]] = Source(
    "orders",
    lists.orders_found,
    {
        "created_at_beijing": _time("o.created_at"),
        "merchant_order_no": _text("o.merchant_order_no"),
        "order_id": _text("o.order_id"),
        "merchant_id": _text("o.merchant_id"),
        "app_id": _text("o.app_id"),
        "status": _text("o.status"),
        **_amounts("o", "amount", "amount_paid", "amount_refunded"),
        **_texts("o", "currency", "subject"),
        "counter_code": _text(_OF_ORDER_AT_CODE.format("c.name")),
        "payers_note": _text(_OF_ORDER_AT_CODE.format(_NOTE)),
    },
    currency="o.view ->> 'currency'",
    place="o.created_at, o.order_id",
    more=(("shown_status", shown_status("o")),),
)

PAYMENTS: Final[Source[Search]] = Source(
    "payments",
    lists.payments_found,
    {
        "created_at_beijing": _time("p.created_at"),
        "paid_at_beijing": _time("p.view ->> 'paid_at'"),
        "payment_no": _text("p.payment_no"),
        "merchant_order_no": _text("p.merchant_order_no"),
        "channel_trade_no": _text("p.channel_trade_no"),
        "merchant_id": _text("p.merchant_id"),
        "app_id": _text("p.app_id"),
        **_texts("p", "payment_id", "channel", "method", "status"),
        **_amounts("p", "amount"),
        "amount_refunded": Cell(Kind.AMOUNT, _REFUNDED),
        **_texts("p", "currency", "subject"),
        "failure_code": _text(_FAILURE.format("p")),
        "counter_code": _text(_AT_CODE.format("c.name")),
        "payers_note": _text(_AT_CODE.format(_NOTE)),
    },
    currency="p.view ->> 'currency'",
    place="p.created_at, p.payment_no",
    more=(("shown_status", shown_payment_status("p")),),
)

REFUNDS: Final[Source[Search]] = Source(
    "refunds",
    lists.refunds_found,
    {
        "created_at_beijing": _time("r.created_at"),
        "refunded_at_beijing": _time("r.view ->> 'refunded_at'"),
        "refund_no": _text("r.refund_no"),
        **_texts("r", "merchant_refund_no", "channel_refund_no", "payment_no"),
        **_texts("r", "merchant_order_no", "merchant_id"),
        "app_id": _text("r.app_id"),
        **_texts("r", "payment_id", "status"),
        **_amounts("r", "amount"),
        **_texts("r", "currency", "cause", "reason"),
        "failure_code": _text(_FAILURE.format("r")),
    },
    currency="r.view ->> 'currency'",
    place="r.created_at, r.refund_no",
)

SPLITS: Final[Source[SplitSearch]] = Source(
    "splits",
    splits.splits_found,
    {
        "created_at_beijing": _time("s.created_at"),
        "finished_at_beijing": _time("s.view ->> 'finished_at'"),
        "split_no": _text("s.split_no"),
        **_texts("s", "merchant_split_no", "channel_split_no", "payment_no"),
        **_texts("s", "merchant_order_no", "merchant_id"),
        "app_id": _text("s.app_id"),
        **_texts("s", "payment_id", "status"),
        **_amounts("s", "amount"),
        **_texts("s", "currency"),
        "receivers": _text(_RECEIVERS),
        "failure_code": _text(_FAILURE.format("s")),
    },
    currency="s.view ->> 'currency'",
    place="s.created_at, s.split_no",
    more=(("currency", "s.view ->> 'currency'"), ("shares", "s.view -> 'receivers'")),
)
