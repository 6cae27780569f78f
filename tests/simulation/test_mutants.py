"""The mutants of `make mutants` fit the code as it is; whether each is found out takes minutes."""

from pathlib import Path
from typing import Final

import pytest
from tests.simulation.mutants.__main__ import Change, Mutant, Stale, plant, read_all

ROOT: Final = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", read_all(), ids=lambda mutant: mutant.name)
def test_a_mutant_changes_what_is_there(mutant: Mutant) -> None:
    for change in mutant.changes:
        assert (ROOT / change.file).read_text().count(change.old) == 1, change.old


def test_a_mutant_of_text_that_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("return late\n")
    plant(Mutant("fits", (Change("rules.py", "late", "None"),)), tmp_path)
    with pytest.raises(Stale):
        plant(Mutant("fits no more", (Change("rules.py", "late", "None"),)), tmp_path)
