"""What a client says to prefer: Accept, Accept-Language, Accept-Encoding."""

from collections.abc import Sequence
from typing import Final

MAX_NAMED: Final = 20


def weights_of(accepted: str) -> dict[str, float]:
    """What such a header names, in small letters and in its order, with its weight: 0 is never, and
    so is a weight that is no number. Read word by word: a pattern over strangers' text could be
    made to take seconds."""
    weights: dict[str, float] = {}
    for part in accepted.split(",", MAX_NAMED)[:MAX_NAMED]:
        name, *parameters = part.split(";", MAX_NAMED)
        weights.setdefault(name.strip().lower(), _weight(parameters))
    return weights


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
