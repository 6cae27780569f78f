"""What became known, as the state tables read it: a name, and what it means."""

from enum import StrEnum
from typing import Self


class KnownFact(StrEnum):
    """Base of the facts: each member is `NAME = "name in the diagrams", "what it means"`."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Self:
        fact = str.__new__(cls, name)
        fact._value_ = name
        fact.meaning = meaning
        return fact
