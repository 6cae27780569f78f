"""Which of a page's two languages its reader gets, and the texts in it."""

from collections.abc import Mapping
from typing import Literal

from chassis.web.preferences import weights_of

Language = Literal["zh", "en"]


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
    weights = weights_of(accepted)
    return sorted((tag for tag in weights if weights[tag] > 0), key=lambda tag: -weights[tag])
