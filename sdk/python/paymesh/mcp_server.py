"""An MCP server (Model Context Protocol) with the verbs of the command.

It only reads. At a sandbox, and nowhere else, it also pays, refunds and triggers.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from importlib.metadata import version
from itertools import islice
from typing import Any, Final, ParamSpec, TypeVar
from uuid import uuid4

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from paymesh import lookup
from paymesh.client import Paymesh
from paymesh.errors import ApiError, PaymeshError, noted
from paymesh.sandbox import Sandbox
from paymesh.settings import Settings
from paymesh.triggering import Trigger

MOST: Final = 100

Json = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")


def serve(settings: Settings) -> None:
    """Until its standard input ends."""
    server_of(settings).run()


def server_of(settings: Settings) -> MCPServer:
    paymesh = Paymesh.of(settings)
    server = MCPServer("paymesh", instructions=__doc__, version=version("paymesh"))
    _add_reading(server, paymesh, settings)
    if settings.sandbox_url is not None:
        _add_sandbox(server, paymesh, settings)
    return server


def _telling(tool: Callable[P, T]) -> Callable[P, T]:
    """What went wrong is the tool's answer; a model that is told nothing of it can only guess."""

    @wraps(tool)
    def telling(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return tool(*args, **kwargs)
        except (PaymeshError, ValueError) as error:
            raise ToolError("\n".join(_lines(error))) from error

    return telling


def _lines(error: Exception) -> Iterator[str]:
    yield str(error)
    if isinstance(error, ApiError):
        if error.channel is not None:
            yield f"channel: {error.channel.code} {error.channel.message}"
        if error.payment is not None:
            yield f"payment: {error.payment.payment_no}"
    yield from getattr(error, "__notes__", ())


def _add_reading(server: MCPServer, paymesh: Paymesh, settings: Settings) -> None:
    @server.tool()
    @_telling
    def get(number: str, merchant_id: str | None = None) -> list[Json]:
        """Whatever has this number: the app's, ours or the channel's; of an order, payment,
        refund, split, payment link or event. Amounts are minor units."""
        found = lookup.find(paymesh, number, merchant_id or settings.merchant_id)
        return [each.model_dump(mode="json") for each in found]

    @server.tool()
    @_telling
    def payments(status: str | None = None, merchant_id: str | None = None) -> list[Json]:
        """The newest payments, a hundred at most, of one status if given."""
        found = paymesh.payments.list(status=status, merchant_id=merchant_id)
        return [each.model_dump(mode="json") for each in islice(found, MOST)]

    @server.tool()
    @_telling
    def events(after: str | None = None, last: int | None = None) -> Json:
        """What happened, in order, a hundred at most; goes on at `next_cursor`. `last`: so many
        of the newest, instead of `after`."""
        return paymesh.events.page(after=after, last=last).model_dump(mode="json")

    @server.tool()
    @_telling
    def deliveries(event_id: str | None = None, state: str | None = None) -> list[Json]:
        """Why callbacks did or did not arrive: pending, delivered or exhausted."""
        found = paymesh.callbacks.deliveries(event_id=event_id, state=state)
        return [each.model_dump(mode="json") for each in islice(found, MOST)]

    @server.tool()
    @_telling
    def capabilities(merchant_id: str | None = None) -> Json:
        """What the merchant's channel accounts can do, and what each method needs."""
        whom = merchant_id or settings.merchant_id
        if whom is None:
            raise ValueError("merchant_id is needed")
        return paymesh.capabilities.get(merchant_id=whom).model_dump(mode="json")


def _add_sandbox(server: MCPServer, paymesh: Paymesh, settings: Settings) -> None:
    sandbox = Sandbox.of(settings)
    happen = Trigger(paymesh, sandbox, settings)

    @server.tool()
    @_telling
    def pay(amount: int, subject: str, channel: str = "wechat", paid: bool = False) -> Json:
        """Sandbox: create a payment by QR code, in minor units; `paid`: the payer pays at once."""
        if channel not in settings.payment_ids:
            raise ValueError(f"{channel} is none of {', '.join(sorted(settings.payment_ids))}")
        number = f"mcp-{uuid4()}"
        with noted(f"its order number: {number}"):
            payment = paymesh.payments.create_and_settle(
                merchant_id=settings.merchant_id or "",
                payment_id=settings.payment_ids[channel],
                merchant_order_no=number,
                amount=amount,
                subject=subject,
                method="native",
            )
            if paid:
                sandbox.pay(payment.payment_no)
                payment = paymesh.payments.wait(payment.payment_no)
        return payment.model_dump(mode="json")

    @server.tool()
    @_telling
    def refund(payment_no: str, amount: int, reason: str | None = None) -> Json:
        """Sandbox: give this much of a payment back."""
        payment = paymesh.payments.get(payment_no)
        number = f"mcp-{uuid4()}"
        with noted(f"its refund number: {number}"):
            made = paymesh.refunds.create(
                merchant_id=payment.merchant_id,
                payment_id=payment.payment_id or "",
                payment_no=payment_no,
                merchant_refund_no=number,
                amount=amount,
                reason=reason,
            )
        return made.model_dump(mode="json")

    @server.tool()
    @_telling
    def trigger(event_type: str) -> Json:
        """Sandbox: let an event happen by a real flow, e.g. payment.succeeded, refund.abnormal."""
        return {"type": event_type, "number": happen(event_type)}
