"""Each alert of `docs/alerts.md` has a runbook in both languages, and no other has one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from contracts.internal import PaymentDecision
from merchant_admin.api.console.texts import TEXTS
from trade_core.domain import payment as payments
from trade_core.domain import refund as refunds
from trade_core.domain.facts import CONFLICT

DOCS: Final = Path(__file__).parents[2] / "docs"
KEY: Final = re.compile(r"`([^`]+)`")
STEPS: Final = {
    "runbooks.md": ["Means", "Look", "Do", "Over"],
    "runbooks.zh.md": ["含义", "查看", "处理", "结束"],
}
LEANS: Final = re.compile(r"(?:\*\*|\|) (?:the same|as many)\b|\bas above\b|同上", re.IGNORECASE)
"""It sends whoever reads it to what stands above."""
DECISION: Final = re.compile(r"\b[Dd]eci(?:de|sion)|决定")
DECIDED: Final = {
    *(f"payment.{state}" for state, fact in payments.TRANSITIONS
      if fact is payments.PaymentFact.ACCEPTED),
    *(f"refund.{state}" for state, fact in refunds.TRANSITIONS
      if fact is refunds.RefundFact.RELEASED),
}  # fmt: skip
"""What people can decide: `deciding.py` refuses every other state (422)."""


def runbooks(name: str) -> Iterator[tuple[list[str], str]]:
    """The keys of each section, and all of it."""
    text = re.sub(r"^## .*", "", (DOCS / "operations" / name).read_text(), flags=re.MULTILINE)
    _, *sections = re.split(r"^### ", text, flags=re.MULTILINE)
    for each in sections:
        yield KEY.findall(each.splitlines()[0]), each


def remedies() -> Iterator[tuple[str, str]]:
    """The key of an alert, and what people are asked to do about it, wherever that stands."""
    for row in (DOCS / "alerts.md").read_text().splitlines():
        if row.startswith("| `"):
            cells = row.split(" | ")
            yield from ((key, cells[-1]) for key in KEY.findall(cells[0]))
    for name, (_, _, do, _) in STEPS.items():
        for keys, text in runbooks(name):
            done = text.partition(f"- **{do}**")[2].partition("\n- **")[0]
            yield from ((key, done) for key in keys)
    for key, texts in TEXTS.items():
        if key.startswith("alert_remedy."):
            yield from ((key.removeprefix("alert_remedy."), text) for text in texts)


def test_people_are_asked_to_decide_only_what_can_be_decided() -> None:
    deciding = {key.partition(":")[0] for key, text in remedies() if DECISION.search(text)}
    assert deciding == DECIDED


def test_a_conflict_is_explained_by_what_differs_and_by_all_that_can_be_decided() -> None:
    asked = [text.lower() for key, text in remedies() if key.startswith("payment.conflicted:")]
    for decision in PaymentDecision:
        zh, en = (re.split("[:：]", each)[0].lower() for each in TEXTS[f"decision.{decision}"])
        assert [text for text in asked if zh not in text and en not in text] == []
    differs = re.findall(r"amount or currency|金额或币种", CONFLICT.message)
    for name in STEPS:
        (means,) = (text for keys, text in runbooks(name) if keys[0].startswith("payment.confl"))
        differs += re.findall(r"amount or currency|金额或币种", means)
    assert differs == ["amount or currency"] * 2 + ["金额或币种"]


@pytest.mark.parametrize("name", STEPS)
def test_each_alert_has_one_runbook_that_says_all(name: str) -> None:
    rows = (DOCS / "alerts.md").read_text().splitlines()
    cells = [row.split(" | ")[0] for row in rows if row.startswith("| `")]
    alerts = [key for cell in cells for key in KEY.findall(cell)]
    sections = list(runbooks(name))
    assert sorted(key for keys, _ in sections for key in keys) == sorted(alerts)
    for _, text in sections:
        assert re.findall(r"^- \*\*(\S+)\*\* \S", text, re.MULTILINE) == STEPS[name], text


def test_each_alert_is_explained_where_it_stands() -> None:
    rows = (DOCS / "alerts.md").read_text().splitlines()
    texts = [text for name in STEPS for _, text in runbooks(name)]
    assert [text for text in (*rows, *texts) if LEANS.search(text)] == []


def test_both_languages_name_the_same_commands_metrics_and_states() -> None:
    en, zh = ({keys[0]: set(KEY.findall(text)) for keys, text in runbooks(name)} for name in STEPS)
    assert en == zh
