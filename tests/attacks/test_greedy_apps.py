"""An app or a channel account that keeps us waiting takes the places of no other."""

import asyncio

from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import HangingTransport, reply
from tests.unit.gateway.test_api import gateway
from tests.unit.gateway.test_routing import REQUEST


async def test_an_app_that_hangs_at_its_channel_leaves_places_for_the_others() -> None:
    transport = HangingTransport(reply({"pay": "qr"}))
    app = application(gateway(transport=transport), in_flight=64)
    gate = app.state.admission.gate
    async with client_of(app) as client:
        running = [asyncio.ensure_future(client.post("/v1/payments", REQUEST)) for _ in range(32)]
        for _ in running:
            await transport.arrived.get()
        assert (await client.post("/v1/payments", REQUEST)).status_code == 503
        with gate.place("another app"):
            pass
        transport.released.set()
        assert {answer.status_code for answer in await asyncio.gather(*running)} == {201}
