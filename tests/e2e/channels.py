"""The channels that an end-to-end test plays where something holds of each of them: those of the
registry, by what they can do, so that a new one is played as soon as it is registered.

Where a list of two or three stands in a test instead, they are examples, or the line beside it says
what keeps the others out.
"""

from typing import Any, Final

from contracts.api import Method
from gateway.channels.plugin import HandOver, Plugin
from gateway.channels.registry import PLUGINS


def _way(plugin: Plugin[Any]) -> Method:
    """A way to pay that needs nothing of the payer and goes to the channel by ourselves."""
    ways = [
        m for m, way in plugin.methods.items() if not way.needs and not isinstance(way, HandOver)
    ]
    return Method.NATIVE if Method.NATIVE in ways else ways[0]


METHOD: Final = {name: _way(plugin) for name, plugin in PLUGINS.items()}
"""How the payer of each channel is called here."""

EVERY: Final = tuple(METHOD)

CLOSING: Final = tuple(name for name in EVERY if PLUGINS[name].closing(METHOD[name]))
"""Those where a payment can be ended. Others end minutes after their time, longer than a test."""

SOON_ABSENT: Final = ("wechat", "alipay")
"""The others are believed only later that they know of no payment: Stripe half a minute after
it was made, 易生 and UnionPay five minutes after its end."""
