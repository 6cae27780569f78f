"""The READMEs tell of the channels what their plugins declare."""

import json

import pytest
from tests.contract.channel_table import HEADS, JUDGES, REPOSITORY, written

from gateway.channels.registry import PLUGINS


@pytest.mark.parametrize(("file", "head"), HEADS.items())
def test_the_table_is_what_the_plugins_declare(file: str, head: str) -> None:
    text = (REPOSITORY / file).read_text()
    assert text == written(text, head)


def test_every_judge_is_installed() -> None:
    pinned = (REPOSITORY / "requirements.in").read_text()
    node = json.loads((REPOSITORY / "tests/oracles/node/package.json").read_text())["dependencies"]
    assert JUDGES.keys() == PLUGINS.keys()
    for judges in JUDGES.values():
        for judge in judges.split(", "):
            name = judge.split("`")[1]
            assert name == "openssl" or name in node or name in pinned, name
