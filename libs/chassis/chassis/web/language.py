"""Which of a page's two languages its reader gets, and the texts in it."""

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["zh", "en"]

MAX_LANGUAGES: Final = 20


class Translation:
    """The texts of one language, of pairs in 简体中文 and English; a name without a text (one that
    is newer than the page) is its own text: what follows its last dot."""

    def __init__(self, texts: Mapping[str, tuple[str, str]], language: Language) -> None:
        self.language: Language = language
        self._texts = texts
        self._column = 0 if language == "zh" else 1

    def __call__(self, key: str) -> str:
        pair = self._texts.get(key)
        return pair[self._column] if pair else key.rpartition(".")[2]

    def __contains__(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts


def language_of(asked: str | None, kept: str | None, accepted: str) -> Language:
    """`?lang=` wins over the cookie, the cookie over Accept-Language; Chinese is the default."""
    for request in (asked, kept, *_preferred(accepted)):
        if request and request.lower().startswith("zh"):
            return "zh"
        if request and request.lower().startswith("en"):
            return "en"
    return "zh"


def _preferred(accepted: str) -> list[str]:
    """The languages of an Accept-Language header, the best first."""
    weighed = []
    for part in accepted.split(",")[:MAX_LANGUAGES]:
        tag, _, parameter = part.strip().partition(";")
        weighed.append((_weight(parameter), tag))
    return [tag for weight, tag in sorted(weighed, key=lambda item: -item[0]) if weight > 0]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
