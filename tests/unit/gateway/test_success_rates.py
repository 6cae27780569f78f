"""People hear when initiating payments stops working, at a channel or for a merchant."""

from dataclasses import replace

from tests.unit.gateway.harness import harness

from contracts.events.alerts import Alert
from gateway.calling.metrics import LEAST, WINDOW_S, SuccessRates
from gateway.channels.plugin import Declined, NotSent, Outcome, Pending, Unknown
from gateway.directory import ChannelAccount

ONE = harness().directory.list_accounts()[0]
OTHER = replace(ONE, account_id="C2", merchant_id="M2")
GOOD: Outcome = Pending()
BAD: Outcome = Unknown("timeout", "No answer.")


def alerts_of(*outcomes: tuple[ChannelAccount, Outcome], every_s: float = 1.0) -> list[str]:
    """The keys of what people hear."""
    alerts: list[Alert] = []
    rates = SuccessRates(alerts.append)
    for number, (account, outcome) in enumerate(outcomes):
        rates.note(account, outcome, number * every_s)
    return [alert.key for alert in alerts]


def test_half_of_twenty_that_fail_are_told_once_of_channel_and_merchant() -> None:
    both = ["channel.failing:fake", "merchant.failing:M1:fake"]
    assert alerts_of(*[(ONE, GOOD), (ONE, BAD)] * (LEAST // 2)) == both
    assert alerts_of(*[(ONE, GOOD), (ONE, BAD)] * LEAST) == both


def test_each_kind_of_failure_counts() -> None:
    failures: tuple[Outcome, ...] = (BAD, NotSent("refused", "x"), Declined("NO", "x"))
    assert len(alerts_of(*[(ONE, outcome) for outcome in failures * LEAST])) == 2


def test_a_few_failures_and_a_small_share_tell_nothing() -> None:
    assert alerts_of(*[(ONE, BAD)] * (LEAST - 1)) == []
    assert alerts_of(*[(ONE, GOOD), (ONE, GOOD), (ONE, BAD)] * LEAST) == []


def test_what_is_old_is_forgotten() -> None:
    assert alerts_of(*[(ONE, BAD)] * (2 * LEAST), every_s=WINDOW_S / (LEAST - 2)) == []


def test_one_merchant_among_many_is_told_alone() -> None:
    mixed = [(ONE, GOOD), (ONE, GOOD), (OTHER, BAD)] * LEAST
    assert alerts_of(*mixed) == ["merchant.failing:M2:fake"]
