"""How people have the lists in their spreadsheets: a sheet for each list that is exported."""

from typing import Final

from merchant_admin.api.console.sheets import elsewhere, money, own
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.domain.sheets import Sheets

SHEETS: Final = Sheets(
    {sheet.name: sheet for part in (money, own, elsewhere) for sheet in part.SHEETS}, TEXTS
)
