"""docs/adding-a-channel.md holds: what it quotes stands in the code, what it links to is there."""

import re
from pathlib import Path

import pytest

from gateway.channels.registry import PLUGINS

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "adding-a-channel.md"
TEXT = PAGE.read_text(encoding="utf-8")
CHANNELS = ROOT / "services" / "gateway" / "gateway" / "channels"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_each_link_leads_somewhere(link: str) -> None:
    assert (PAGE.parent / link).exists()


def test_each_link_is_called_as_the_file_it_leads_to() -> None:
    for name, link in re.findall(r"\[`([^`]+\.py)`\]\(([^)]+)\)", TEXT):
        assert link.endswith(name)


def test_the_listing_is_the_file_itself() -> None:
    [listing] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    native = (CHANNELS / "wechat" / "methods" / "native.py").read_text(encoding="utf-8")
    assert native.endswith(listing)


def test_the_files_of_a_channel_are_those_that_channels_have() -> None:
    [tree] = re.findall(r"```\n(services/gateway.*?)```", TEXT, re.DOTALL)
    [listed] = re.findall(r"operations/(.*?)    plugin\.py", tree, re.DOTALL)
    named = set(re.findall(r"[a-z_]+", listed)) - {"where", "there", "are", "any"}
    there = {
        file.stem
        for channel in PLUGINS
        for file in (CHANNELS / channel / "operations").glob("*.py")
    }
    assert there - {"__init__", "close", "bounces"} <= named <= there
