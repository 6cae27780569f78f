"""The programs of the first payment in each language, as app teams copy them."""

from pathlib import Path
from typing import Final

import pytest

PROGRAMS: Final = Path(__file__).parents[2] / "examples" / "first-payment"
LIMITS: Final = {
    "Pay.java": ".timeout(Duration.ofSeconds(40))",
    "pay.go": "Timeout: 40 * time.Second",
    "pay.mjs": "AbortSignal.timeout(40_000)",
    "pay.php": "$options['timeout'] = 40;",
}


@pytest.mark.parametrize("program", sorted(LIMITS))
def test_no_program_waits_for_ever(program: str) -> None:
    assert LIMITS[program] in (PROGRAMS / program).read_text()
