"""`docs/asyncapi.json` is what the services really write."""

import json
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from tests.contract.asyncapi import FILE, TOPICS, Topic, document, render
from tests.contract.test_golden import GOLDEN

from contracts import topics

DOCUMENT: Final[dict[str, Any]] = document()


def test_it_is_written_anew_when_the_contracts_change() -> None:
    assert FILE.read_text() == render(), "make golden"


def test_every_topic_is_described() -> None:
    assert {topic.name for topic in TOPICS} == set(topics.ALL)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_what_is_written_there_fits(topic: Topic) -> None:
    files = [file for name in topic.golden for file in GOLDEN.glob(f"{name}*.json")]
    assert files
    channel = next(c for c in DOCUMENT["channels"].values() if c["address"] == topic.name)
    schema = {
        "anyOf": [message["payload"] for message in channel["messages"].values()],
        "components": DOCUMENT["components"],
    }
    for file in files:
        Draft202012Validator(schema).validate(json.loads(file.read_text()))
