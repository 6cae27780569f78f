"""A refund that begins as an undo: the refund itself follows only what came to nothing. And one by
several keys: the next follows only a refusal that the channel repeated."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.unit.gateway.harness import NOW, FakeTransport, fake_plugin, operation, reply

from contracts.api import Method
from contracts.money import Money
from gateway.calling.executor import Executor
from gateway.calling.money_back import MoneyBack
from gateway.channels.plugin import (
    Declined,
    NotSent,
    Operation,
    Outcome,
    Pending,
    Refunding,
    Succeeded,
    Trade,
    Undo,
    Unknown,
)
from gateway.directory import ChannelAccount

REFUNDING = Refunding(
    Trade("P1", Money(1299, "CNY"), Method.NATIVE, NOW, NOW + timedelta(hours=2)),
    "R1",
    Money(1299, "CNY"),
    NOW,
    "https://pay.example/webhooks/fake/C1",
)
PLUGIN = fake_plugin(undo=Undo(lambda _: True, operation("/undo"), operation("/query_undo")))

ABSENT, TAKEN, BACK = Pending(found=False), Pending(), Succeeded("T2", Money(1299, "CNY"), NOW)
NO, LOST = Declined("64", "the issuer takes none"), Unknown("timeout", "…", is_spoken=False)
BAD, AWAY = NotSent("14", "no such card"), NotSent("open", "…", is_spoken=False)
BUSY = NotSent("02", "later", is_passing=True)


async def asked(way: str, **answers: list[Outcome]) -> tuple[Outcome, list[str]]:
    """What came of `send` or `query`, and what was asked for it, in turn."""
    names: list[str] = []

    async def ask(name: str, _: Operation[Refunding, str], about: Refunding) -> Outcome:
        assert about == REFUNDING
        names.append(name)
        return answers[name].pop(0)

    back = MoneyBack(PLUGIN, REFUNDING, ask)
    outcome = await (back.send() if way == "send" else back.query())
    assert not any(answers.values())
    return outcome, names


ASKED_FIRST = ["query_undo", "undo"]
ASKED_AGAIN = ["query_undo", "undo", "query_undo"]
FOLLOWED = [*ASKED_AGAIN, "refund"]


@pytest.mark.parametrize(
    ("answers", "outcome", "names"),
    [
        # It is taken, done at once, lost, not sent, or the channel is busy: the undo stands.
        ({"query_undo": [ABSENT], "undo": [TAKEN]}, TAKEN, ASKED_FIRST),
        ({"query_undo": [ABSENT], "undo": [BACK]}, BACK, ASKED_FIRST),
        ({"query_undo": [ABSENT], "undo": [LOST]}, LOST, ASKED_FIRST),
        ({"query_undo": [ABSENT], "undo": [AWAY]}, AWAY, ASKED_FIRST),
        ({"query_undo": [ABSENT], "undo": [BUSY]}, BUSY, ASKED_FIRST),
        # It was sent before: asked about, and not sent again.
        ({"query_undo": [TAKEN]}, TAKEN, ["query_undo"]),
        ({"query_undo": [BACK]}, BACK, ["query_undo"]),
        ({"query_undo": [LOST]}, LOST, ["query_undo"]),
        ({"query_undo": [AWAY]}, AWAY, ["query_undo"]),
        # It is refused, and the channel knows of none: the refund follows.
        ({"query_undo": [ABSENT, ABSENT], "undo": [NO], "refund": [TAKEN]}, TAKEN, FOLLOWED),
        ({"query_undo": [ABSENT, NO], "undo": [NO], "refund": [NO]}, NO, FOLLOWED),
        ({"query_undo": [ABSENT, ABSENT], "undo": [BAD], "refund": [BACK]}, BACK, FOLLOWED),
        # The refusal was of a repeat, or nobody can say so: no refund yet.
        ({"query_undo": [ABSENT, BACK], "undo": [NO]}, BACK, ASKED_AGAIN),
        ({"query_undo": [ABSENT, TAKEN], "undo": [NO]}, TAKEN, ASKED_AGAIN),
        ({"query_undo": [ABSENT, LOST], "undo": [NO]}, LOST, ASKED_AGAIN),
        # It was taken and came to nothing later.
        ({"query_undo": [NO], "refund": [LOST]}, LOST, ["query_undo", "refund"]),
    ],
)
async def test_what_is_sent_never_goes_back_twice(
    answers: Mapping[str, list[Outcome]], outcome: Outcome, names: list[str]
) -> None:
    assert await asked("send", **{name: [*each] for name, each in answers.items()}) == (
        outcome,
        names,
    )


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"query_undo": [BACK]}, BACK),
        ({"query_undo": [TAKEN]}, TAKEN),
        ({"query_undo": [LOST]}, LOST),
        ({"query_undo": [AWAY]}, AWAY),
        ({"query_undo": [NO], "query_refund": [BACK]}, BACK),
        ({"query_undo": [NO], "query_refund": [NO]}, NO),
        ({"query_undo": [NO], "query_refund": [ABSENT]}, ABSENT),
        ({"query_undo": [ABSENT], "query_refund": [ABSENT]}, ABSENT),
        ({"query_undo": [ABSENT], "query_refund": [TAKEN]}, TAKEN),
    ],
)
async def test_how_it_stands_is_told_of_whichever_way_it_went(
    answers: Mapping[str, list[Outcome]], outcome: Outcome
) -> None:
    outcome_of, names = await asked("query", **{name: [*each] for name, each in answers.items()})
    assert (outcome_of, names) == (outcome, list(answers))


@pytest.mark.parametrize("undo", [None, Undo(lambda _: False, PLUGIN.refund, PLUGIN.refund)])
async def test_any_other_refund_is_a_refund(undo: Undo[str] | None) -> None:
    transport = FakeTransport([reply({"paid": 1299})])
    executor = Executor(transport, now=lambda: NOW, monotonic=lambda: 0.0, tell=lambda _: None)
    here = ChannelAccount("C1", "M1", True, fake_plugin(undo=undo), "key")
    assert isinstance(await executor.refund(here, REFUNDING), Succeeded)
    assert isinstance(await executor.query_refund(here, REFUNDING), Succeeded)
    assert [each.url.rsplit("/", 1)[1] for each in transport.sent] == ["refund", "query_refund"]


KEPT = NotSent("balance_insufficient", "…", is_kept=True)
ANEW = NotSent("balance_insufficient", "…")


async def sent_by(*keys: str, **answers: list[Outcome]) -> tuple[Outcome, list[str]]:
    """What came of a refund that may be sent by these keys, and what was asked in turn."""
    asked_for: list[str] = []

    async def ask(name: str, _: Operation[Refunding, str], about: Refunding) -> Outcome:
        asked_for.append(about.key or name)
        return answers[name].pop(0)

    plugin = fake_plugin(refund_keys=lambda _: keys)
    outcome = await MoneyBack(plugin, REFUNDING, ask).send()
    assert not any(answers.values())
    return outcome, asked_for


@pytest.mark.parametrize("last", [TAKEN, BACK, NO, LOST, AWAY, BUSY, ANEW, KEPT])
async def test_the_next_key_follows_only_a_refusal_that_the_channel_repeats(last: Outcome) -> None:
    used, unused = ["R1", "R1-0-1"], [] if last == KEPT else ["R1-0-2"]
    outcome = await sent_by(*used, *unused, query_refund=[ABSENT], refund=[KEPT, last])
    assert outcome == (last, ["query_refund", *used])


@pytest.mark.parametrize("known", [TAKEN, BACK, NO, LOST, AWAY])
@pytest.mark.parametrize("keys", [("R1", "R1-0-1"), ("R1-1-0",), ()])
async def test_what_may_have_been_sent_by_another_key_is_asked_about_first(
    known: Outcome, keys: tuple[str, ...]
) -> None:
    assert await sent_by(*keys, query_refund=[known]) == (known, ["query_refund"])


async def test_where_there_is_no_key_for_now_nothing_is_sent() -> None:
    outcome, names = await sent_by(query_refund=[ABSENT])
    assert isinstance(outcome, NotSent)
    assert (outcome.is_spoken, names) == (False, ["query_refund"])


@pytest.mark.parametrize("answer", [TAKEN, LOST, KEPT])
async def test_the_first_key_alone_costs_no_question(answer: Outcome) -> None:
    assert await sent_by("R1", refund=[answer]) == (answer, ["refund"])


async def asked_by(*later: str, answers: list[Outcome]) -> tuple[Outcome, list[str]]:
    """What is known of a refund that may have been sent by these keys too, and who was asked."""
    keys: list[str] = []

    async def ask(name: str, _: Operation[Refunding, str], about: Refunding) -> Outcome:
        assert name == "query_refund"
        keys.append(about.key)
        return answers.pop(0)

    plugin = fake_plugin(later_refund_keys=lambda _: later)
    return await MoneyBack(plugin, REFUNDING, ask).query(), keys


@pytest.mark.parametrize("known", [TAKEN, BACK, NO, LOST, AWAY])
async def test_each_key_is_asked_about_until_the_channel_knows_one(known: Outcome) -> None:
    assert await asked_by("a", "b", answers=[known]) == (known, [""])
    assert await asked_by("a", "b", answers=[ABSENT, known]) == (known, ["", "a"])
    assert await asked_by("a", "b", answers=[ABSENT] * 3) == (ABSENT, ["", "a", "b"])
