"""A channel that the gateway has and this service has never heard of."""

from dataclasses import replace
from datetime import timedelta

from tests.newcomer import acme
from tests.unit.gateway.harness import harness

from gateway.channels.registry import PLUGINS
from gateway.flows.registration import list_channels

from .conftest import Admin
from .people import Person

REGISTRY = {**PLUGINS, "acme": acme.PLUGIN}


async def test_a_new_channel_has_its_form_its_name_and_its_place_in_filters(admin: Admin) -> None:
    listed = list_channels(replace(harness().deps, plugins=REGISTRY)).model_dump(mode="json")
    admin.gateway.listed = listed["items"]
    person = await Person.logged_in(admin)
    merchant = (await admin.http.post("/api/merchants", json={"name": "万科物业"})).json()
    path = f"merchants/{merchant['merchant_id']}/channel-accounts/new"
    form = await person.open_page(path, channel="acme")
    for text in ('name="shop_id"', "Shop number", "On the first page of Acme&#39;s console."):
        assert text in form
    for page in ("payments", "orders", "reports", "merchants", "channel-accounts"):
        shown = await person.open_page(page, channel="acme")
        assert '<option value="acme" selected>Acme Pay</option>' in shown
        for name, plugin in PLUGINS.items():
            assert f'<option value="{name}">{plugin.title.en}</option>' in shown


async def test_pages_come_without_the_gateway_and_filter_by_a_channel_all_the_same(
    admin: Admin,
) -> None:
    """An export of what was filtered by it would hold everything."""
    admin.gateway.is_away = True
    person = await Person.logged_in(admin)
    shown = await person.open_page("payments", channel="acme")
    assert '<option value="acme" selected>acme</option>' in shown
    assert '<option value="wechat"' not in shown
    admin.gateway.is_away = False
    assert '<option value="wechat"' not in await person.open_page("payments")  # asked a moment ago
    admin.clock.ahead += timedelta(minutes=1)
    assert '<option value="wechat">WeChat Pay</option>' in await person.open_page("payments")
