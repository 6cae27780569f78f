"""A third party gets a new key while payments are under way; for a while both are believed."""

import asyncio
from dataclasses import replace
from typing import Final

from tests.simulation import alipay_wire
from tests.simulation.alipay_wire import AlipayWire
from tests.simulation.centre import Centre
from tests.simulation.harness import Harness
from tests.simulation.payers import Counted

from gateway.channels.alipay.credentials import overlap
from gateway.directory import ChannelAccount

OVERLAP_S: Final = 900.0


class Rotation(Counted):
    """Registers the new key beside the old one, has the third party sign with it, and withdraws the
    old one when nothing that it signed is under way any more."""

    def __init__(self, harness: Harness, account: ChannelAccount, wire: AlipayWire) -> None:
        super().__init__(harness, "rotation")
        self.centre: Centre
        self._account = account
        self._wire = wire

    def open(self) -> None:
        self.begin(self._rotate())

    async def _rotate(self) -> None:
        await asyncio.sleep(self.dice.between(5, 100))
        following = alipay_wire.opened(self._account.account_id, alipay_wire.keys().following)
        both = overlap(following, self._account.opened)
        self.centre.register(replace(self._account, configured=both))
        await asyncio.sleep(self.dice.between(1, 20))
        self._wire.key = alipay_wire.keys().following
        self.harness.story.tell(self._account.account_id, "signs with a new key")
        await asyncio.sleep(OVERLAP_S)
        self.centre.register(replace(self._account, configured=following))
