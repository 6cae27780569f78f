"""`python -m trade_core.migrations`: bring the database of PAYMESH_DATABASE_URL up to date."""

from chassis.migrations import upgrade
from trade_core.settings import database_url

if __name__ == "__main__":
    upgrade("trade_core", database_url())
