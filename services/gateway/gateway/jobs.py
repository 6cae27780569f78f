"""What the clock makes the gateway do: keep the channels' keys fresh, look when certificates end,
see whether it keeps up."""

import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from chassis.background import Pulse, Watch, pause
from chassis.consumer import Consumer
from chassis.fitness import Fitness
from contracts.events.alerts import Alert
from foundation.configuration_replica import ConfigurationReplica
from foundation.expiry import Certificate, Expiries, end_of
from foundation.self_watch import self_watch
from gateway.calling.key_renewal import ends_of_keys
from gateway.flows.deps import Deps

CHECK_EVERY_S: Final = 5.0
"""How soon a new account in certificate mode has the keys of today."""

CERTIFICATES_S: Final = 3_600.0
"""How often certificates are looked at."""

MAX_AT_ONCE: Final = 8
"""Downloads side by side; an account that hangs holds up the others for one call at most."""


class KeyWatch:
    """Downloads the keys of every account for which it is time."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.pulse = Pulse()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not await pause(stop, CHECK_EVERY_S):
            await self.check()

    async def check(self) -> None:
        """Ask for what is due, a few accounts at a time; the next look takes the next ones."""
        self.pulse.beat()
        keys = self._deps.executor.keys
        due = (each for each in self._deps.directory.list_accounts() if keys.is_due(each))
        async with asyncio.TaskGroup() as group:
            for account in islice(due, MAX_AT_ONCE):
                group.create_task(keys.renew(account))


class CertificateWatch:
    """Tells people of certificates that end soon: of apps, of channel accounts, those of channels
    that were downloaded in use, our own file."""

    def __init__(self, deps: Deps, ca_file: Path | None) -> None:
        self._deps = deps
        self._ca_file = ca_file
        self._expiries = Expiries()
        self.pulse = Pulse()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        looked_at = -CERTIFICATES_S
        while not await pause(stop, CHECK_EVERY_S):
            self.pulse.beat()
            now_s = self._deps.clock()
            if self._deps.is_configured() and now_s - looked_at >= CERTIFICATES_S:
                looked_at = now_s
                self.check(datetime.fromtimestamp(now_s, UTC))

    def check(self, now: datetime) -> None:
        for alert in self._expiries.alerts(self._certificates(), now):
            self._deps.alerts.tell(alert)

    def _certificates(self) -> Iterator[Certificate]:
        directory = self._deps.directory
        for key in directory.list_keys():
            if key.valid[1] < math.inf:
                ends_at = datetime.fromtimestamp(key.valid[1], UTC)
                yield Certificate(key.app_id, key.key_id, ends_at)
        for account in directory.list_accounts():
            if account.is_active:
                for name, ends_at in account.certificates.items():
                    yield Certificate(account.account_id, name, ends_at, account.merchant_id)
                for name, ends_at in ends_of_keys(account).items():
                    yield Certificate(account.account_id, name, ends_at, account.merchant_id)
        if self._ca_file and (end := end_of(self._ca_file.read_text())):
            yield Certificate("gateway", self._ca_file.name, end)


def watch(
    deps: Deps,
    service: str,
    commands: Consumer[Any],
    configuration: ConfigurationReplica,
    fitness: Fitness,
) -> Watch:
    """Tells people when trade-core's commands pile up, or somebody forges configuration."""

    async def tell(alert: Alert) -> bool:
        deps.alerts.tell(alert)
        return True

    return self_watch(
        service, tell, consumers={service: commands}, configuration=configuration, fitness=fitness
    )
