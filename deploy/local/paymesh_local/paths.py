"""Where things stand in the checkout."""

from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[3]
