"""Writing aggregates: what the rows of a batch can say."""

from dataclasses import replace
from unittest.mock import Mock

import pytest
from tests.builders.trade_core import aggregate, pending

from trade_core.store import saving


async def test_value_that_ended_is_refused_and_not_kept_in_silence() -> None:
    order, payment = pending(channel_trade_no="4200001")
    opened = aggregate(order, payment)
    opened.payments[payment.payment_no] = replace(payment, channel_trade_no=None)
    with pytest.raises(ValueError, match="channel_trade_no"):
        await saving.save(Mock(), [opened])
