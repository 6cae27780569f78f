"""`paymesh`: payments from the terminal."""

import subprocess
import sys
from collections import deque
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final
from uuid import uuid4

import typer

from paymesh import lookup
from paymesh.calls.lists import PAGE
from paymesh.cli import login as logins
from paymesh.cli.explaining import explain
from paymesh.cli.listening import listen_for, number_of
from paymesh.cli.login import Login
from paymesh.cli.showing import (
    err,
    errors_shown,
    how_to_pay,
    money,
    out,
    rows,
    show,
    show_parts,
    state,
)
from paymesh.client import Paymesh
from paymesh.errors import noted
from paymesh.models.money import OrderView
from paymesh.models.requests import Payer
from paymesh.sandbox import Sandbox
from paymesh.settings import Settings, demo_file
from paymesh.triggering import Trigger

app: Final = typer.Typer(
    help="Paymesh 聚合支付中心: payments, refunds, events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]
Merchant = Annotated[str | None, typer.Option("--merchant", help="Of this merchant, M….")]


@app.command()
def login(
    demo: Annotated[bool, typer.Option("--demo", help="The app of a running `make run`.")] = False,
    file: Annotated[
        Path | None, typer.Option("--demo-file", help="Its demo.json, if elsewhere.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Of the gateway.")] = None,
    app_id: Annotated[str | None, typer.Option(help="A…")] = None,
    key_id: Annotated[str | None, typer.Option(help="K…")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="With the HMAC secret.")] = None,
    private_key_file: Annotated[Path | None, typer.Option(help="PEM, Ed25519 or RSA.")] = None,
    webhook_secret_file: Annotated[Path | None, typer.Option(help="With whsec_….")] = None,
    merchant_id: Annotated[str | None, typer.Option(help="M…, if you work for one.")] = None,
) -> None:
    """Say once who you are. What is left out is asked for; a secret that is typed is put into a
    file of its own, which only you may read."""
    with errors_shown():
        if demo or file:
            other = {
                "--url": url,
                "--app-id": app_id,
                "--key-id": key_id,
                "--secret-file": secret_file,
                "--private-key-file": private_key_file,
                "--webhook-secret-file": webhook_secret_file,
                "--merchant-id": merchant_id,
            }
            if given := [option for option, value in other.items() if value is not None]:
                raise ValueError(f"{', '.join(given)}: --demo takes them from the demo.json")
            login = Login(demo=str((file or demo_file()).absolute()))
        else:
            url = url or typer.prompt("URL of the gateway")
            app_id = app_id or typer.prompt("app_id")
            key_id = key_id or typer.prompt("key_id")
            if secret_file is None and private_key_file is None:
                secret = typer.prompt("secret", hide_input=True)
                secret_file = logins.write_private(logins.config_folder() / "secret", secret)
            login = Login(
                base_url=url,
                app_id=app_id,
                key_id=key_id,
                secret_file=_absolute(secret_file),
                private_key_file=_absolute(private_key_file),
                webhook_secret_file=_absolute(webhook_secret_file),
                merchant_id=merchant_id,
            )
        settings = login.settings()
        with Paymesh.of(settings) as paymesh:
            paymesh.events.page(limit=1)  # The centre knows the key.
        out.print(f"{settings.app_id} at {settings.base_url}; kept in {login.save()}")


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


@app.command()
def pay(
    amount: Annotated[
        int, typer.Argument(help="Minor units (分): 1299 is 12.99 yuan, and 1,299 yen.")
    ],
    subject: Annotated[str, typer.Argument(help="What it is for.")] = "paymesh pay",
    merchant: Merchant = None,
    channel: Annotated[str, typer.Option(help="wechat, alipay, …")] = "wechat",
    method: Annotated[str, typer.Option(help="native, barcode, cashier, …")] = "native",
    payment_id: Annotated[str | None, typer.Option(help="The channel account, C….")] = None,
    order: Annotated[str | None, typer.Option(help="Your order number.")] = None,
    auth_code: Annotated[str | None, typer.Option(help="The payer's code, of barcode.")] = None,
    notify_url: Annotated[str | None, typer.Option(help="Where callbacks go.")] = None,
    scan: Annotated[bool, typer.Option("--scan", help="Sandbox: the payer pays.")] = False,
    wait: Annotated[bool, typer.Option(help="Until it is paid, or over.")] = True,
    wait_s: Annotated[float, typer.Option(help="So long at most.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Take money: shows the QR code, and waits for the payer."""
    with errors_shown():
        settings = logins.settings()
        number = order or f"cli-{uuid4()}"
        with Paymesh.of(settings) as paymesh, noted(f"your order number: {number}"):
            merchant_id = _merchant(settings, merchant)
            if method != "cashier" and payment_id is None:
                offers = paymesh.capabilities.get(merchant_id=merchant_id)
                payment_id = offers.account(channel, method).payment_id
            payment = paymesh.payments.create_and_settle(
                merchant_id=merchant_id,
                payment_id=payment_id,
                merchant_order_no=number,
                amount=amount,
                subject=subject,
                method=method,
                payer=None if auth_code is None else Payer(auth_code=auth_code),
                notify_url=notify_url,
            )
            if not as_json:
                how_to_pay(payment.action)
                out.print(f"{payment.payment_no}  {money(amount, payment.currency)}")
            if scan:
                with Sandbox.of(settings) as sandbox:
                    sandbox.pay(payment.payment_no)
            if wait and not payment.is_final:
                payment = paymesh.payments.wait(payment.payment_no, timeout_s=wait_s)
            show(payment, as_json=True) if as_json else out.print(state(payment.status))


def _merchant(settings: Settings, given: str | None) -> str:
    merchant_id = given or settings.merchant_id
    if merchant_id is None:
        raise ValueError("Which merchant? --merchant M…, or once: paymesh login --merchant-id M…")
    return merchant_id


@app.command()
def get(number: str, merchant: Merchant = None, as_json: AsJson = False) -> None:
    """What has this number: yours, ours or the channel's; of an order, payment, refund, split,
    link or event."""
    with errors_shown():
        settings = logins.settings()
        with Paymesh.of(settings) as paymesh:
            found = lookup.find(paymesh, number, merchant or settings.merchant_id)
        if not found:
            raise ValueError(f"nothing of this app has the number {number}")
        for each in found:
            show(each, as_json=as_json, without=frozenset({"payments", "refunds"}))
            if isinstance(each, OrderView) and not as_json:
                show_parts(each)


@app.command()
def refund(
    payment_no: str,
    amount: Annotated[int | None, typer.Argument(help="Minor units; all that is left.")] = None,
    reason: Annotated[str | None, typer.Option(help="The payer may see it.")] = None,
    refund_no: Annotated[str | None, typer.Option("--refund", help="Your number of it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give money back, in whole or in part."""
    with errors_shown(), Paymesh.of(logins.settings()) as paymesh:
        payment = paymesh.payments.get(payment_no)
        left = payment.amount - payment.amount_refunded
        if left <= 0 and refund_no is None:
            given_back = money(payment.amount_refunded, payment.currency)
            raise ValueError(f"nothing is left: {given_back} of {payment_no} went back already")
        number = refund_no or f"cli-{uuid4()}"
        with noted(f"your number of the refund: {number}; --refund {number} repeats it safely"):
            refund = paymesh.refunds.create(
                merchant_id=payment.merchant_id,
                payment_id=payment.payment_id or "",
                payment_no=payment_no,
                merchant_refund_no=number,
                amount=left if amount is None else amount,
                reason=reason,
            )
        show(refund, as_json=as_json)


@app.command()
def events(
    after: Annotated[str | None, typer.Option(help="Only those behind this cursor.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help="The last so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What happened last."""
    with errors_shown(), Paymesh.of(logins.settings()) as paymesh:
        found = (
            paymesh.events.page(last=limit).items
            if after is None
            else deque(paymesh.events.list(after=after), maxlen=limit)
        )
        if as_json:
            for each in found:
                sys.stdout.write(each.model_dump_json() + "\n")
            return
        rows(
            ("time", "event", "type", "number"),
            [
                (f"{e.timestamp.astimezone():%m-%d %H:%M:%S}", e.id, e.type, number_of(e))
                for e in found
            ],
        )


@app.command()
def listen(
    forward: Annotated[str | None, typer.Option(help="http://localhost:3000/hook")] = None,
    from_beginning: Annotated[bool, typer.Option(help="Not only what is new.")] = False,
    count: Annotated[int | None, typer.Option(help="End after so many.")] = None,
) -> None:
    """Events as they come, sent on as callbacks to a program here: also behind NAT, with the same
    `webhook-id`, signed anew with the app's webhook secret. Nothing is lost: what was not accepted
    is sent again, and the next start goes on where this one ended."""
    with errors_shown():
        listen_for(logins.settings(), forward, from_beginning=from_beginning, count=count)


@app.command()
def trigger(
    event_type: Annotated[str, typer.Argument(help="payment.succeeded, refund.abnormal, …")],
    notify_url: Annotated[str | None, typer.Option(help="Where its callbacks go.")] = None,
) -> None:
    """Let something happen at the sandbox: a real payment, refund or split with this end."""
    with errors_shown():
        settings = logins.settings()
        with Paymesh.of(settings) as paymesh, Sandbox.of(settings) as sandbox:
            number = Trigger(paymesh, sandbox, settings, notify_url=notify_url)(event_type)
        out.print(f"{event_type} {number}")


app.command("explain-signature")(explain)


@app.command()
def sandbox(port: int = 8010, state_dir: Path = Path(".local/sandbox-alone")) -> None:
    """Only the third parties, in one process and without the centre: Alipay, WeChat Pay, EasyPay,
    UnionPay and Stripe."""
    if find_spec("sandbox") is None:
        err.print("The sandbox is part of the centre's repository: run it there, or make sandbox.")
        raise typer.Exit(1)
    url = f"http://127.0.0.1:{port}"
    out.print(f"{url}/_control/truth")
    command = ("-m", "sandbox", "--port", str(port), "--state-dir", str(state_dir))
    try:
        ended = subprocess.run([sys.executable, *command, "--public-url", url], check=False)
    except KeyboardInterrupt:
        return
    raise typer.Exit(ended.returncode)


@app.command()
def mcp() -> None:
    """An MCP server over stdio with the same verbs: it only reads, except at a sandbox."""
    with errors_shown():
        settings = logins.settings()
        try:
            from paymesh.mcp_server import serve
        except ModuleNotFoundError as error:
            raise ValueError("The server needs more: pip install mcp") from error
        serve(settings)
