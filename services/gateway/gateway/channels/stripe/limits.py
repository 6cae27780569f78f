"""How long Stripe lets texts be, in characters, and how long a page may live.

Source: docs.stripe.com/api/checkout/sessions/create, docs.stripe.com/api/metadata
"""

from datetime import timedelta
from typing import Final

NAME_CHARACTERS: Final = 250
DESCRIPTION_CHARACTERS: Final = 500
METADATA_CHARACTERS: Final = 500

SHORTEST_LIFE: Final = timedelta(minutes=31)
"""Of a session: half an hour after Stripe made it; a minute for the way."""
LONGEST_LIFE: Final = timedelta(hours=23, minutes=59)
"""Of a session: a day; a minute for clocks that differ."""

PAGE_ROWS: Final = 100
"""As many as Stripe tells at once."""
