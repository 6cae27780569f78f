"""A form that was not carried out, as its page shows it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.words import Words


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """`problem`: the text that tells why; `wrong`: what is wrong with which field; `given`: what
    was filled in. `about`: whose form it is, where the page has one for each of many."""

    problem: str | None = None
    status: int = 200
    given: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, Words] = field(default_factory=dict)
    about: str | None = None
