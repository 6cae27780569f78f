"""Every registered channel passes the conformance suite: what stands in the registry is taken
together with the other end of it that is found beside this file."""

from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import Side
from tests.unit.gateway.channels.conformance import Conformance
from tests.unit.gateway.channels.sides import find_sides

from gateway.channels.registry import PLUGINS

SIDES = {side.plugin.title: side for side in find_sides()}
PRODUCTS = [product for plugin in PLUGINS.values() for product in plugin.list_products()]


class TestEveryChannel(Conformance):
    @pytest.fixture(scope="class", params=PRODUCTS, ids=lambda product: product.title.en)
    @classmethod
    def side(cls, request: Any) -> Side:
        """A channel, or a product of one, without another end fails every test."""
        side: Side = SIDES[request.param.title]()
        return side


def test_each_other_end_belongs_to_a_registered_channel() -> None:
    assert SIDES.keys() == {product.title for product in PRODUCTS}
