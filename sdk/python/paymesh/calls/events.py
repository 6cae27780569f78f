"""/v1/events, /v1/deliveries, /v1/webhook-endpoints: what the app was told, and how it went."""

from collections.abc import Callable

from paymesh import exchange, following
from paymesh.calls import lists
from paymesh.exchange import Call, Store, Stream, path, post
from paymesh.following import Gap, MemoryStore
from paymesh.models.answers import DeliveryPage, DeliveryView, EndpointPage, EndpointView
from paymesh.models.events import Event, EventPage


def list_(*, after: str | None = None) -> Stream[Event]:
    """The app's events up to now, oldest first."""
    return lists.items("events", EventPage, {"after": after})


def page(
    *, after: str | None = None, limit: int = lists.PAGE, last: int | None = None
) -> Call[EventPage]:
    """One page; behind an empty one the caller keeps the cursor it has. `last`: so many of the
    newest, instead; `follow` goes on at its `next_cursor`."""
    newest = {"limit": limit} if last is None else {"last": last}
    return exchange.get(path("events"), EventPage, {"after": after, **newest})


def follow(
    cursor: str | None = None,
    store: Store | None = None,
    *,
    poll_s: float = following.POLL_S,
    on_gap: Callable[[Gap], None] | None = None,
) -> Stream[Event]:
    """The app's events for ever, each at least once and in order; deal with each by its `id`.

    From the place that `store` keeps (`FileStore`, or your own with `load` and `save`), else from
    `cursor` (that of `page(last=1)`: from now on), else from the beginning. An event counts as
    dealt with when the next is asked for.
    `on_gap` is told where the centre does not keep events any more that were never fetched.
    """
    return following.follow(
        lambda after: page(after=after),
        cursor=cursor,
        store=MemoryStore() if store is None else store,
        poll_s=poll_s,
        on_gap=on_gap,
    )


def redeliver(event_id: str) -> Call[DeliveryView]:
    """Send a callback again, with the same `webhook-id`."""
    return post(path("events", event_id, "redeliver"), DeliveryView)


def deliveries(
    *, event_id: str | None = None, state: str | None = None, after: str | None = None
) -> Stream[DeliveryView]:
    """Why callbacks did not arrive: their attempts, newest first."""
    query = {"event_id": event_id, "state": state, "after": after}
    return lists.items("deliveries", DeliveryPage, query)


def ping() -> Call[DeliveryView]:
    """Send a `ping` to the app's callback address."""
    return post(path("webhook-endpoints", "test"), DeliveryView)


def endpoints(*, suspended: bool | None = None, after: str | None = None) -> Stream[EndpointView]:
    """The addresses that callbacks go to, and how they fare."""
    query = {"suspended": suspended, "after": after}
    return lists.items("webhook-endpoints", EndpointPage, query)


def resume(endpoint_id: str) -> Call[EndpointView]:
    """End the suspension of an address that is up again."""
    return post(path("webhook-endpoints", endpoint_id, "resume"), EndpointView, is_repeatable=True)
