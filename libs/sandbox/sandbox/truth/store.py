"""The truth on disk: one SQLite file, written before anything is answered.

Each write is its own small transaction handed to the operating system (WAL, synchronous off):
about 30 µs, and a killed sandbox knows every trade it ever answered for.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import orjson

from sandbox.clock import now
from sandbox.truth.records import Notification, Refund, Split, Trade
from sandbox.truth.schema import SCHEMA

Row = TypeVar("Row", Trade, Refund, Split, Notification)
OfTrade = TypeVar("OfTrade", Refund, Split, Notification)

_TABLES: dict[type, str] = {
    Trade: "trade",
    Refund: "refund",
    Split: "split",
    Notification: "notice",
}
_COLUMNS = {kind: [column.name for column in fields(kind)] for kind in _TABLES}
_JSON = {"details", "log", "receivers", "returns"}
_FLAGS = {"held", "done", "is_last"}


def _insert_sql(kind: type) -> str:
    names = [name for name in _COLUMNS[kind] if name != "id"]
    columns, values = ", ".join(names), ", :".join(names)
    return " ".join(("INSERT INTO", _TABLES[kind], "(", columns, ") VALUES ( :" + values, ")"))


_INSERT = {kind: _insert_sql(kind) for kind in _TABLES}
_SELECT = {
    kind: " ".join(("SELECT", ", ".join(_COLUMNS[kind]), "FROM", table, "WHERE "))
    for kind, table in _TABLES.items()
}


class Truth:
    """All trades, refunds and notifications. Not shared between threads or processes."""

    def __init__(self, file: Path | str) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, cached_statements=64)
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=OFF"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    # --- trades

    def add_trade(self, trade: Trade) -> None:
        trade.id = self._insert(trade)

    def save_trade(self, trade: Trade) -> None:
        self._db.execute(
            "UPDATE trade SET state=?, paid_amount=?, paid_at=?, closed_at=?, token=?, details=?"
            " WHERE id=?",
            (trade.state, trade.paid_amount, trade.paid_at, trade.closed_at, trade.token,
             orjson.dumps(trade.details).decode(), trade.id),
        )  # fmt: skip

    def find_trade(self, channel: str, merchant: str, number: str) -> Trade | None:
        return self._trade("number=? AND merchant=? AND channel=?", (number, merchant, channel))

    def find_trade_by_channel_number(
        self, channel: str, merchant: str, number: str
    ) -> Trade | None:
        condition = "channel_trade_no=? AND merchant=? AND channel=?"
        return self._trade(condition, (number, merchant, channel))

    def find_trade_by_token(self, token: str) -> Trade | None:
        return self._trade("token=?", (token,))

    def get_trade(self, trade_id: int) -> Trade:
        """LookupError where there is none."""
        trade = self._trade("id=?", (trade_id,))
        if trade is None:
            raise LookupError(trade_id)
        return trade

    def list_trades(self, payment_no: str | None, channel: str | None) -> list[Trade]:
        """Oldest first."""
        condition = "(?1 IS NULL OR payment_no=?1) AND (?2 IS NULL OR channel=?2) ORDER BY id"
        if payment_no is not None:
            condition = "payment_no=?1 AND (?2 IS NULL OR channel=?2) ORDER BY id"
        rows = self._select(Trade, condition, (payment_no, channel))
        return [self._closed_if_due(trade) for trade in rows]

    def list_paid(self, channel: str, merchant: str, first: float, last: float) -> list[Trade]:
        """Trades paid in [first, last), in the order they were paid."""
        condition = "paid_at >= ? AND paid_at < ? AND channel=? AND merchant=? ORDER BY paid_at"
        return self._select(Trade, condition, (first, last, channel, merchant))

    def _trade(self, condition: str, arguments: Sequence[object]) -> Trade | None:
        rows = self._select(Trade, condition, arguments)
        return self._closed_if_due(rows[0]) if rows else None

    def _closed_if_due(self, trade: Trade) -> Trade:
        """Third parties close what nobody paid in time; it is noticed when somebody looks."""
        if trade.state == "created" and now() >= trade.closes_at:
            trade.state, trade.closed_at = "closed", trade.closes_at
            self.save_trade(trade)
        return trade

    # --- refunds

    def add_refund(self, refund: Refund) -> None:
        refund.id = self._insert(refund)

    def save_refund(self, refund: Refund) -> None:
        self._db.execute(
            "UPDATE refund SET state=?, held=?, finished_at=?, details=? WHERE id=?",
            (refund.state, refund.held, refund.finished_at,
             orjson.dumps(refund.details).decode(), refund.id),
        )  # fmt: skip

    def find_refund(self, channel: str, merchant: str, number: str) -> Refund | None:
        condition = "number=? AND merchant=? AND channel=?"
        return self._first(Refund, condition, (number, merchant, channel))

    def find_refund_of_trade(self, trade: Trade, number: str) -> Refund | None:
        return self._first(Refund, "trade_id=? AND number=?", (trade.id, number))

    def get_refund(self, refund_id: int) -> Refund:
        """LookupError where there is none."""
        refund = self._first(Refund, "id=?", (refund_id,))
        if refund is None:
            raise LookupError(refund_id)
        return refund

    def list_refunds(self, trade: Trade) -> list[Refund]:
        return self._select(Refund, "trade_id=? ORDER BY id", (trade.id,))

    def refunds_by_trade(self, trades: Sequence[Trade]) -> dict[int, list[Refund]]:
        """Of many trades at once; a trade without refunds is missing."""
        return _by_trade(self._of_trades(Refund, trades, "ORDER BY id"))

    def list_refunds_named(self, refund_no: str) -> list[Refund]:
        return self._select(Refund, "refund_no=? ORDER BY id", (refund_no,))

    def list_processing_refunds(self) -> list[Refund]:
        return self._select(Refund, "state='processing' ORDER BY id", ())

    def list_refunded(self, channel: str, merchant: str, first: float, last: float) -> list[Refund]:
        """Refunds asked for in [first, last), oldest first."""
        condition = "created_at >= ? AND created_at < ? AND channel=? AND merchant=? ORDER BY id"
        return self._select(Refund, condition, (first, last, channel, merchant))

    # --- splits

    def add_split(self, split: Split) -> None:
        split.id = self._insert(split)

    def save_split(self, split: Split) -> None:
        self._db.execute(
            "UPDATE split SET state=?, finished_at=?, receivers=?, returns=? WHERE id=?",
            (split.state, split.finished_at, orjson.dumps(split.receivers).decode(),
             orjson.dumps(split.returns).decode(), split.id),
        )  # fmt: skip

    def find_split(self, channel: str, merchant: str, number: str) -> Split | None:
        """By the merchant's number or the channel's."""
        condition = "(number=?1 OR channel_split_no=?1) AND merchant=?2 AND channel=?3"
        return self._first(Split, condition, (number, merchant, channel))

    def get_split(self, split_id: int) -> Split:
        """LookupError where there is none."""
        split = self._first(Split, "id=?", (split_id,))
        if split is None:
            raise LookupError(split_id)
        return split

    def list_splits(self, trade: Trade) -> list[Split]:
        return self._select(Split, "trade_id=? ORDER BY id", (trade.id,))

    def splits_by_trade(self, trades: Sequence[Trade]) -> dict[int, list[Split]]:
        """Of many trades at once; a trade without splits is missing."""
        return _by_trade(self._of_trades(Split, trades, "ORDER BY id"))

    def list_processing_splits(self) -> list[Split]:
        return self._select(Split, "state='processing' ORDER BY id", ())

    def register(self, channel: str, merchant: str, account: str, is_registered: bool) -> None:
        self._db.execute(
            "INSERT INTO receiver VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE"
            " SET is_registered=?4",
            (channel, merchant, account, is_registered),
        )

    def find_registration(self, channel: str, merchant: str, account: str) -> bool | None:
        """None where nobody said so or so."""
        found = self._db.execute(
            "SELECT is_registered FROM receiver WHERE channel=? AND merchant=? AND account=?",
            (channel, merchant, account),
        ).fetchone()
        return None if found is None else bool(found[0])

    # --- notifications

    def add_notification(self, notification: Notification) -> None:
        self._insert(notification)

    def save_notification(self, notification: Notification) -> None:
        self._db.execute(
            "UPDATE notice SET next_at=?, attempts=?, done=?, log=? WHERE notice_id=?",
            (notification.next_at, notification.attempts, notification.done,
             orjson.dumps(notification.log).decode(), notification.notice_id),
        )  # fmt: skip

    def notifications_by_trade(self, trades: Sequence[Trade]) -> dict[int, list[Notification]]:
        """Of many trades at once; a trade without notifications is missing."""
        return _by_trade(self._of_trades(Notification, trades, "ORDER BY created_at"))

    def list_open_notifications(self) -> list[Notification]:
        return self._select(Notification, "done=0 ORDER BY next_at", ())

    # --- rows

    def _insert(self, row: Trade | Refund | Split | Notification) -> int:
        kind = type(row)
        values = {name: getattr(row, name) for name in _COLUMNS[kind]}
        for name in _JSON & values.keys():
            values[name] = orjson.dumps(values[name]).decode()
        return self._db.execute(_INSERT[kind], values).lastrowid or 0

    def _of_trades(self, kind: type[Row], trades: Sequence[Trade], order: str) -> list[Row]:
        if not trades:
            return []
        first, last = min(each.id for each in trades), max(each.id for each in trades)
        return self._select(kind, f"trade_id BETWEEN ? AND ? {order}", (first, last))

    def _first(self, kind: type[Row], condition: str, arguments: Sequence[object]) -> Row | None:
        rows = self._select(kind, condition, arguments)
        return rows[0] if rows else None

    def _select(self, kind: type[Row], condition: str, arguments: Sequence[object]) -> list[Row]:
        found = self._db.execute(_SELECT[kind] + condition, arguments)
        return [kind(**_read(_COLUMNS[kind], values)) for values in found]


def _by_trade(rows: Iterable[OfTrade]) -> dict[int, list[OfTrade]]:
    grouped: dict[int, list[OfTrade]] = {}
    for row in rows:
        grouped.setdefault(row.trade_id, []).append(row)
    return grouped


def _read(names: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
    row = dict(zip(names, values, strict=True))
    for name in _JSON & row.keys():
        row[name] = orjson.loads(row[name])
    for name in _FLAGS & row.keys():
        row[name] = bool(row[name])
    return row
