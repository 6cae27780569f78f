"""What people are told, and by whom: several incidents in one message.

NotTold: the messenger could not deliver it, and says why.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from contracts.alert_titles import chinese
from contracts.events.alerts import Severity
from notifier.domain.incidents import BY_URGENCY, Incident

Language = Literal["zh", "en"]

INCIDENTS_AT_ONCE: Final = 1_000
"""A storm is one message: what is too much to be shown is counted in it."""

INCIDENTS_PER_MESSAGE: Final = 10
INCIDENT_CHARS: Final = 450
"""DingTalk takes 20,000 bytes in all, and a character has up to four."""

TEXT_CHARS: Final = 200
KINDS_COUNTED: Final = 10

_NAMES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "CRITICAL 严重",
    Severity.WARNING: "WARNING 警告",
    Severity.INFO: "INFO 提示",
}
_CHINESE: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "严重",
    Severity.WARNING: "警告",
    Severity.INFO: "提示",
}
_HARMLESS: Final = str.maketrans("[]<>`", "［］＜＞'")  # No link or markup from outside.


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is markdown that is readable as it stands."""

    title: str
    text: str
    is_critical: bool

    def with_remark(self, remark: str) -> "Message":
        return replace(self, text=f"{self.text}\n\n{shown(remark)}")


class MessageFailed(Exception):
    """A messenger could not deliver a message."""


class Messenger(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str: ...

    @property
    def destination(self) -> str:
        """The same for all that reach the same place, which must not be spoken to too often."""

    async def send(self, message: Message) -> None:
        """Deliver it, within seconds.

        Raises:
            NotTold: it was not taken.
        """


def destination_of(address: str) -> str:
    """What may be stored of an address that holds a token: a digest."""
    return hashlib.sha256(address.encode()).hexdigest()[:32]


def compose(incidents: Sequence[Incident], language: Language = "en") -> Message:
    """One message of all of them, the most urgent first; the last of many are only counted."""
    ordered = sorted(incidents, key=lambda one: (BY_URGENCY.index(one.severity), one.first_at))
    counts = Counter(one.severity for one in ordered)
    numbers = ", ".join(
        f"{counts[kind]} {kind if language == 'en' else _CHINESE[kind]}"
        for kind in BY_URGENCY
        if counts[kind]
    )
    shown_ones, others = ordered[:INCIDENTS_PER_MESSAGE], ordered[INCIDENTS_PER_MESSAGE:]
    paragraphs = [_paragraph(one, language) for one in shown_ones]
    if others:
        paragraphs.append(_counted(others, language))
    return Message(
        title=f"Paymesh: {numbers}",
        text="\n\n".join(paragraphs),
        is_critical=counts[Severity.CRITICAL] > 0,
    )


def trial() -> Message:
    """What the test button sends."""
    return Message("Paymesh: test", "**TEST 测试** · Alerts of Paymesh arrive here.", False)


def _counted(incidents: Sequence[Incident], language: Language) -> str:
    titles = Counter(_title(one, language) for one in incidents)
    lines = [f"{shown(title)} ×{count}" for title, count in titles.most_common(KINDS_COUNTED)]
    head = f"**+{len(incidents)}**"
    return "  \n".join([head, *lines])


def _title(incident: Incident, language: Language) -> str:
    return (chinese(incident.key) if language == "zh" else None) or incident.title


def _paragraph(incident: Incident, language: Language) -> str:
    title = _title(incident, language)
    lines = [f"**{_NAMES[incident.severity]}** · {shown(title)}", shown(incident.detail)]
    if incident.total > 1:
        since = f"{incident.first_at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"×{incident.total} since {since}, {incident.untold} of them new")
    facts = {"merchant_id": incident.merchant_id, **incident.facts}
    known = (f"{name}: {shown(str(fact))}" for name, fact in facts.items() if fact is not None)
    lines.append(" · ".join(known))
    return _cut("  \n".join(line for line in lines if line), INCIDENT_CHARS)


def cut_bytes(text: str, limit_bytes: int) -> str:
    """For messengers that count bytes; a character is never halved."""
    raw = text.encode()
    return text if len(raw) <= limit_bytes else raw[: limit_bytes - 3].decode(errors="ignore") + "…"


def shown(text: str) -> str:
    """A stranger's text as people, and a database, can be given it: one line, no markup, cut."""
    plain = "".join(c if c.isprintable() else " " for c in text).translate(_HARMLESS)
    return _cut(plain, TEXT_CHARS)


def _cut(text: str, limit_chars: int) -> str:
    return text if len(text) <= limit_chars else text[: limit_chars - 1] + "…"
