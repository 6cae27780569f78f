"""W6 of `make bench-notifier`: tries to make the notifier's sender call what is ours.

Every address of the table that the unit tests keep, in every form in which a URL can carry it, and
as the answer of a name server that told the truth when somebody checked. Prints one line of JSON.
"""

import asyncio
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import chain, repeat
from typing import Final

from tests.unit.notifier.test_guard import FORBIDDEN, MAPPED_FORBIDDEN, MAPPED_PRIVATE, PRIVATE

from contracts.events.configuration import CallbackAck
from contracts.identifiers import new_id
from notifier.domain.answers import FailureKind
from notifier.domain.apps import Destination
from notifier.domain.deliveries import Lease, day_of
from notifier.sending.guard import Guard
from notifier.sending.resolver import Found, Resolver
from notifier.sending.sender import Limits, Sender

PUBLIC: Final = "93.184.215.14"
INSIDE: Final = [*PRIVATE, *FORBIDDEN, *MAPPED_PRIVATE, *MAPPED_FORBIDDEN]
DISGUISES: Final = [
    "localhost", "127.1", "0x7f000001", "0x7f.1", "2130706433", "017700000001", "0177.0.0.1",
    "127.0.0.1.", "user@127.0.0.1", "①②⑦.⓪.⓪.①",
]  # fmt: skip
BLOCKED: Final = {FailureKind.URL_REFUSED, FailureKind.ADDRESS_REFUSED}


class Rebinding:
    """Answers each name with a public address once, and then with the one that it hides."""

    def __init__(self, hidden: dict[str, str]) -> None:
        self._answers: dict[str, Iterator[str]] = {
            name: chain([PUBLIC], repeat(address)) for name, address in hidden.items()
        }

    def look_up(self, host: str, family: socket.AddressFamily) -> Found:
        if host not in self._answers:
            return [(socket.AF_INET, "127.0.0.1")]
        address = next(self._answers[host])
        is_old = ip_address(address).version == 4
        return [(socket.AF_INET if is_old else socket.AF_INET6, address)]


async def main() -> None:
    connections = 0

    async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    trap = await asyncio.start_server(count, ["127.0.0.1", "::1"], 0)
    port = trap.sockets[0].getsockname()[1]
    hidden = {f"n{number}.example": address for number, address in enumerate(INSIDE)}
    names = Rebinding(hidden)
    for name in hidden:  # what a check before the dial would have seen
        assert names.look_up(name, socket.AF_UNSPEC)[0][1] == PUBLIC
    hosts = [f"[{text}]" if ":" in text else text for text in INSIDE] + DISGUISES + list(hidden)
    guard = Guard(ports=(range(1, 65_536),))
    async with Sender(guard, Limits(), resolver=lambda: Resolver(names.look_up)) as sender:
        alerts = [await _failure_kind(sender, f"https://{host}:{port}/") for host in hosts]
    trap.close()
    print(
        json.dumps(
            {
                "tried": len(hosts),
                "blocked": sum(failure in BLOCKED for failure in alerts),
                "rebinding": len(hidden),
                "reached": connections,
            }
        )
    )


async def _failure_kind(sender: Sender, url: str) -> FailureKind | None:
    now, event_id = datetime.now(UTC), new_id("event")
    lease = Lease(
        delivery_id=1,
        day=day_of(event_id),
        endpoint_id=1,
        leased_at=now,
        lease_until=now,
        tries=0,
        is_first=True,
        event_id=event_id,
        app_id="A1",
        type="ping",
        notify_url=url,
        body=b"{}",
        happened_at=now,
    )
    answer = await sender.send(lease, Destination(url, CallbackAck.ANY_2XX, (b"key",)))
    return answer.failure


if __name__ == "__main__":
    asyncio.run(main())
