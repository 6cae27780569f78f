"""What the command prints: for people, or JSON for programs."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any, Final

import httpx
import segno
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from paymesh.cli.login import NoLogin
from paymesh.errors import ApiError, NotSendable, PaymeshError, Unauthenticated
from paymesh.models.actions import Action, NoAction, QrCodeAction, RedirectAction
from paymesh.models.money import OrderView

PIPED_WIDTH: Final = 250
"""Nobody's terminal: lines stay whole for grep and awk."""

_width: Final = None if sys.stdout.isatty() else PIPED_WIDTH
out: Final = Console(highlight=False, width=_width)
err: Final = Console(stderr=True, highlight=False, soft_wrap=True)

EXPECTED: Final = (
    PaymeshError,
    NoLogin,
    ValueError,
    OSError,
    httpx.HTTPError,
    httpx.InvalidURL,
)
"""Of the network, of files, and of what was given: no fault of the command."""

GOOD: Final = frozenset({"succeeded", "paid", "delivered"})
BAD: Final = frozenset({"failed", "closed", "conflicted", "abnormal", "exhausted", "disabled"})


DECIMALS: Final = {
    **dict.fromkeys(("JPY", "KRW", "VND", "ISK", "UGX"), 0),
    **dict.fromkeys(("KWD", "BHD", "JOD", "OMR", "TND"), 3),
}
"""Of the currencies that have not two (ISO 4217)."""


def money(amount: int, currency: str) -> str:
    """`CNY 1,234.50`, `JPY 1,000`, `KWD 1.250`."""
    decimals = DECIMALS.get(currency, 2)
    sign, (whole, minor) = "-" if amount < 0 else "", divmod(abs(amount), 10**decimals)
    return f"{sign}{currency} {whole:,}" + (f".{minor:0{decimals}}" if decimals else "")


def state(word: str) -> str:
    color = "green" if word in GOOD else "red" if word in BAD else "yellow"
    return f"[{color}]{word}[/]"


def show(thing: BaseModel, *, as_json: bool = False, without: frozenset[str] = frozenset()) -> None:
    """Its members, one a line; for people without these."""
    if as_json:
        out.print_json(thing.model_dump_json())
        return
    content = thing.model_dump(mode="json", exclude=set(without))
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in content.items():
        if name in ("amount", "amount_refunded", "amount_paid") and isinstance(value, int):
            table.add_row(f"[dim]{name}[/]", money(value, content.get("currency", "CNY")))
        elif name in ("status", "state"):
            table.add_row(f"[dim]{name}[/]", state(str(value)))
        elif value not in (None, {}, []):
            text = value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
            table.add_row(f"[dim]{name}[/]", _plain(str(text)))
    out.print(table)


def rows(heads: Iterable[str], lines: Iterable[Iterable[Any]]) -> None:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, no_wrap=True, overflow="fold")
    for line in lines:
        table.add_row(*[str(each) for each in line])
    out.print(table)


def show_parts(order: OrderView) -> None:
    """What was paid, and what went back."""
    rows(
        ("number", "channel", "channel's number", "status", "amount"),
        [
            (
                p.payment_no,
                p.channel or "",
                p.channel_trade_no or "",
                state(p.status),
                money(p.amount, p.currency),
            )
            for p in order.payments
        ]
        + [
            (
                r.refund_no,
                "",
                r.channel_refund_no or "",
                state(r.status),
                money(-r.amount, order.currency),
            )
            for r in order.refunds
        ],
    )


def how_to_pay(action: Action | None) -> None:
    """The QR code itself, or where to go."""
    match action:
        case QrCodeAction(qr_code=text):
            drawn = StringIO()
            segno.make(text, error="l", micro=False).terminal(drawn, compact=True, border=2)
            out.file.write(drawn.getvalue())
            out.print(f"[dim]{_plain(text)}[/]")
        case RedirectAction(url=url):
            out.print(f"open {_plain(url)}")
        case NoAction():
            out.print("[dim]the payer's code was read: nothing to show[/]")
        case None:
            out.print("[dim]nothing to call the payer with[/]")
        case _:
            out.print_json(action.model_dump_json())


@contextmanager
def errors_shown() -> Iterator[None]:
    """Errors in a few lines on the other stream, and exit code 1."""
    try:
        yield
    except BrokenPipeError:  # Who reads has enough: `paymesh events | head`.
        raise
    except EXPECTED as error:
        _tell(error)
        for note in getattr(error, "__notes__", ()):
            err.print(f"  {_plain(note)}")
        raise typer.Exit(1) from error


def _tell(error: Exception) -> None:
    match error:
        case ApiError():
            _tell_problem(error)
        case NotSendable():
            for fault in error.faults:
                err.print(f"[red]{_plain(fault.pointer)}[/] {_plain(fault.message)}")
        case _:
            err.print(f"[red]{_plain(str(error) or type(error).__name__)}[/]")
    if isinstance(error, Unauthenticated):
        err.print("Which line of the signed text differs: paymesh explain-signature --help")


def _tell_problem(error: ApiError) -> None:
    code, detail, request_id = map(_plain, (error.code, error.detail, error.request_id))
    err.print(f"[red]{code}[/] {detail} [dim]({request_id})[/]")
    for fault in error.faults:
        err.print(f"  {_plain(fault.pointer)}: {_plain(fault.message)}")
    if error.channel is not None:
        err.print(f"  channel: {_plain(error.channel.code)} {_plain(error.channel.message)}")
    if error.payment is not None:
        err.print(f"  payment: {error.payment.payment_no}")


def _plain(text: str) -> str:
    """As it stands: no markup of ours, no control characters of strangers."""
    return "".join(c if c.isprintable() else "�" for c in text).replace("[", r"\[")
