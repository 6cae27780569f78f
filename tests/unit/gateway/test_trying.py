"""Trying an account's credentials out, from the door to the channel and back."""

import pytest
from tests.unit.gateway.harness import harness, reply

from contracts.internal import TryAccount
from gateway.channels.plugin import Reply
from gateway.domain.errors import NotHere
from gateway.flows.registration import try_account


async def test_the_channel_is_asked_about_a_payment_that_cannot_exist() -> None:
    here = harness(reply({"code": "absent"}))
    trial = await try_account(here.deps, "C1", TryAccount(version=0))
    assert (trial.ok, trial.code, trial.field) == (True, "absent", None)
    [request] = here.transport.sent
    assert request.url.endswith("/query")


async def test_an_answer_that_cannot_be_believed_blames_the_channels_key() -> None:
    here = harness(Reply(200, {}, b"forged"))
    trial = await try_account(here.deps, "C1", TryAccount(version=0))
    assert (trial.ok, trial.code, trial.field) == (False, "unverifiable", "key")


async def test_an_answer_without_sense_is_no_success() -> None:
    trial = await try_account(harness(reply({})).deps, "C1", TryAccount(version=0))
    assert (trial.ok, trial.code, trial.field) == (False, "unreadable", None)
    assert trial.words is not None
    assert "地址" in trial.words.zh


async def test_credentials_that_are_not_here_yet_are_not_tried() -> None:
    here = harness()
    for payment_id, version in (("C1", 1), ("C9", 0)):
        with pytest.raises(NotHere):
            await try_account(here.deps, payment_id, TryAccount(version=version))
    assert here.transport.sent == []
