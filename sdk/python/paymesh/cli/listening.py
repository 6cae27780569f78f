"""Events as they come, and on to a program of one's own."""

from itertools import islice
from pathlib import Path

from paymesh.cli import login as logins
from paymesh.cli.showing import out
from paymesh.client import Paymesh
from paymesh.following import FileStore, dealt_with
from paymesh.forwarding import Forwarder
from paymesh.models.events import Event
from paymesh.models.money import PaymentView, RefundView, SplitView
from paymesh.settings import Settings


def listen_for(
    settings: Settings, forward: str | None, *, from_beginning: bool, count: int | None
) -> None:
    """Until Ctrl-C, or `count` events."""
    store = FileStore(place_of(settings, forward))
    with Paymesh.of(settings) as paymesh:
        if from_beginning:
            store.save("|")
        elif store.load() is None:
            store.save(f"{paymesh.events.page(last=1).next_cursor or ''}|")
        forwarder = None if forward is None else _forwarder(settings, forward)
        out.print(f"[dim]listening for {settings.app_id}; Ctrl-C ends[/]")
        found = paymesh.events.follow(store=store)
        try:
            for event in found if count is None else islice(found, count):
                tell(event, "") if forwarder is None else forwarder.forward(event)
                dealt_with(store, event)
        except KeyboardInterrupt:
            return


def place_of(settings: Settings, forward: str | None) -> Path:
    """Each app has its place, and each program that is told."""
    whom = "".join(c if c.isalnum() else "-" for c in forward or "terminal")
    return logins.state_folder() / f"{settings.app_id}-{whom}.json"


def number_of(event: Event) -> str:
    match event.data:
        case PaymentView():
            return event.data.payment_no
        case RefundView():
            return event.data.refund_no
        case SplitView():
            return event.data.split_no
        case _:
            return ""


def tell(event: Event, answer: str) -> None:
    number, at = number_of(event), event.timestamp.astimezone()
    out.print(f"{at:%H:%M:%S}  {event.type:<20} {number}  {event.id}  {answer}")


def _forwarder(settings: Settings, url: str) -> Forwarder:
    if settings.webhook_secret is None:
        raise ValueError("The webhook secret is needed: paymesh login --webhook-secret-file …")
    return Forwarder(url, settings.webhook_secret, tell)
