"""What people are told, in both languages of the house."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same in 简体中文 and in English."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.zh if language == "zh" else self.en
