"""Refunds of one payment at a channel that takes them some time apart: a minute, and says of one
that it came too soon, as WeChat Pay does; or some seconds, and has no code for that, as Alipay."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from tests.builders.trade_core import refund_request, refund_result, request
from tests.integration.trade_core.harness import Harness

from contracts.events.commands import ChannelCommand, CommandName
from contracts.events.results import RefundResult, Source, Verdict
from trade_core.domain.due import SCHEDULE_S
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund, RefundFact

REFUNDS = 8
MINUTE = timedelta(minutes=1)
PAUSE_S = 65
APART_S, LEAST_S = 4, 3


@dataclass
class Channel:
    """Takes a refund where nobody asked for another one within a minute, and counts from the latest
    that was asked for, also from those that it refused."""

    harness: Harness
    by_number: dict[str, Refund]
    taken: dict[str, datetime] = field(default_factory=dict)
    asked_at: datetime | None = None
    asked: int = 0

    def answer(self, command: ChannelCommand) -> RefundResult:
        assert command.refund is not None
        refund = self.by_number[command.refund.refund_no]
        if command.command is CommandName.QUERY_REFUND:
            if refund.refund_no in self.taken:
                return refund_result(refund, Source.QUERY_REFUND, Verdict.SUCCEEDED)
            return refund_result(refund, Source.QUERY_REFUND, Verdict.PENDING, found=False)
        self.asked += 1
        now, latest = self.harness.now, self.asked_at
        self.asked_at = now
        if latest is not None and now < latest + MINUTE:
            return refund_result(
                refund, Source.REFUND, Verdict.UNKNOWN, code="FREQUENCY_LIMITED", pause_s=PAUSE_S
            )
        self.taken[refund.refund_no] = now
        return refund_result(refund, Source.REFUND, Verdict.PENDING, channel_refund_no="5")


async def asked_for(harness: Harness, payment: Payment, count: int) -> list[Refund]:
    opened = [
        await harness.refund(refund_request(payment, f"T{number}", 10)) for number in range(count)
    ]
    return [each.refund for each in opened]


async def until_taken(harness: Harness, channel: Channel, limit: timedelta) -> None:
    """The due loop as it runs, in a world where time passes from one row to the next."""
    end = harness.now + limit
    while len(channel.taken) < len(channel.by_number) and harness.now < end:
        for command in await harness.attend():
            result = channel.answer(command)
            at = {"asked_at": harness.now, "said_at": harness.now}
            await harness.apply(result.model_copy(update=at))
        harness.pass_time(max(0.5, min((await harness.due()).values(), default=1)))


async def test_partial_refunds_at_once_go_through_about_one_a_minute(harness: Harness) -> None:
    """One went through in each round of tries, whose distances grow: the eighth an hour later."""
    payment = await harness.paid(request(amount=1000))
    refunds = await asked_for(harness, payment, REFUNDS)
    channel = Channel(harness, {each.refund_no: each for each in refunds})
    begun = harness.now
    await until_taken(harness, channel, timedelta(hours=3))
    assert len(channel.taken) == REFUNDS
    assert max(channel.taken.values()) - begun < (REFUNDS + 2) * MINUTE
    assert channel.asked <= 3 * REFUNDS
    assert "channel.unclear" not in await harness.alerts()


async def test_a_refund_asked_for_meanwhile_comes_after_those_that_wait(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    first = await asked_for(harness, payment, 3)
    channel = Channel(harness, {each.refund_no: each for each in first})
    await until_taken(harness, channel, 0.5 * MINUTE)
    late = (await harness.refund(refund_request(payment, "late", 10))).refund
    channel.by_number[late.refund_no] = late
    begun = harness.now
    await until_taken(harness, channel, timedelta(hours=1))
    assert max(channel.taken.values()) - begun < 8 * MINUTE


async def test_what_is_refused_for_ever_is_told_to_people(harness: Harness) -> None:
    """The attempts count on, though its turn comes at the same distance each time."""
    payment = await harness.paid(request(amount=1000))
    refund, _ = await asked_for(harness, payment, 2)
    limited = refund_result(refund, Source.REFUND, Verdict.UNKNOWN, pause_s=PAUSE_S)
    for _ in SCHEDULE_S:
        for command in await harness.attend():
            if command.refund is not None and command.refund.refund_no == refund.refund_no:
                await harness.apply(limited)
        harness.pass_time(3 * PAUSE_S)
    assert "channel.unclear" in await harness.alerts()


@dataclass
class Silent(Channel):
    """Has no code for a refund that comes too soon. Its plugin knows how far apart it takes them;
    asked for one again, it may have moved the money before."""

    at: list[datetime] = field(default_factory=list)

    def answer(self, command: ChannelCommand) -> RefundResult:
        assert command.refund is not None
        refund = self.by_number[command.refund.refund_no]
        if command.command is CommandName.QUERY_REFUND:
            return refund_result(refund, Source.QUERY_REFUND, Verdict.PENDING, found=False)
        self.asked += 1
        if command.refund.has_others:
            return refund_result(
                refund, Source.REFUND, Verdict.NOT_SENT, code="in_turn", pause_s=APART_S
            )
        self.at.append(self.harness.now)
        self.taken[refund.refund_no] = self.harness.now
        return refund_result(refund, Source.REFUND, Verdict.SUCCEEDED)


async def test_refunds_at_once_are_sent_some_seconds_apart(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    refunds = await asked_for(harness, payment, 3)
    channel = Silent(harness, {each.refund_no: each for each in refunds})
    begun = harness.now
    await until_taken(harness, channel, timedelta(minutes=1))
    late = (await harness.refund(refund_request(payment, "late", 10))).refund
    channel.by_number[late.refund_no] = late
    await until_taken(harness, channel, timedelta(minutes=1))
    apart = [after - before for before, after in pairwise(channel.at)]
    assert list(channel.taken) == [*[each.refund_no for each in refunds], late.refund_no]
    assert min(apart) >= timedelta(seconds=LEAST_S)
    assert channel.at[-1] - begun < timedelta(seconds=5 * APART_S)
    assert channel.asked == 2 * len(channel.taken)


async def test_refunds_whose_first_commands_were_lost_are_sent_some_seconds_apart(
    harness: Harness,
) -> None:
    """The channel says that it has none of them: then they went to it all at once."""
    payment = await harness.paid(request(amount=1000))
    refunds = await asked_for(harness, payment, 3)
    channel = Silent(harness, {each.refund_no: each for each in refunds})
    assert len(await harness.attend()) == 3, "and none of them arrives"
    await until_taken(harness, channel, timedelta(minutes=1))
    apart = [after - before for before, after in pairwise(channel.at)]
    assert len(channel.taken) == 3
    assert min(apart) >= timedelta(seconds=LEAST_S)


async def test_a_refund_long_after_the_others_is_sent_at_once(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    (first,) = await asked_for(harness, payment, 1)
    channel = Silent(harness, {first.refund_no: first})
    await until_taken(harness, channel, timedelta(minutes=1))
    harness.pass_time(60)
    late = (await harness.refund(refund_request(payment, "late", 10))).refund
    channel.by_number[late.refund_no] = late
    await until_taken(harness, channel, timedelta(minutes=1))
    assert channel.taken[late.refund_no] - late.created_at < timedelta(seconds=APART_S)


async def test_a_refund_without_others_is_tried_again_as_soon_as_ever(harness: Harness) -> None:
    payment = await harness.paid()
    (refund,) = await asked_for(harness, payment, 1)
    await harness.attend()
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.UNKNOWN, pause_s=PAUSE_S))
    assert (await harness.due())[refund.refund_no] == SCHEDULE_S[0]
    (stored,) = await harness.refunds(payment)
    assert stored.last_fact is RefundFact.UNCLEAR
