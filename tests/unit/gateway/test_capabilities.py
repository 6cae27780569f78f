"""What a merchant's channel accounts can do is told as their plugins declare it."""

from dataclasses import replace

import pytest
from tests.unit.gateway.harness import harness

from contracts.api import Method
from gateway.domain.errors import NotHere
from gateway.flows.capabilities import capabilities_of


def test_an_account_tells_its_methods_what_they_need_and_what_comes_back() -> None:
    here = harness()
    app = here.directory.find_app("A1")
    account = here.directory.find_account("C1")
    assert app is not None
    assert account is not None

    able = capabilities_of(here.deps, app, "M1")

    (one,) = able.accounts
    assert (one.payment_id, one.channel, one.title) == ("C1", "fake", account.plugin.title.zh)
    by_method = {each.method: each for each in one.methods}
    for method, way in account.plugin.methods.items():
        assert by_method[method].needs == sorted(way.needs)
        assert by_method[method].action == way.action
    assert able.cashier == bool(account.offers()) == (Method.CASHIER in by_method)


def test_a_disabled_account_can_do_nothing() -> None:
    here = harness()
    app, account = here.directory.find_app("A1"), here.directory.find_account("C1")
    assert app is not None
    assert account is not None
    here.directory.put(replace(account, is_active=False))
    able = capabilities_of(here.deps, app, "M1")
    assert (able.accounts, able.cashier) == ([], False)


def test_another_apps_merchant_is_not_found() -> None:
    here = harness()
    app = here.directory.find_app("A1")
    assert app is not None
    with pytest.raises(NotHere):
        capabilities_of(here.deps, app, "M2")
