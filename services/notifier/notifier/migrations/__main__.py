"""`python -m notifier.migrations`: bring the database of PAYMESH_DATABASE_URL to the newest."""

from chassis.migrations import upgrade
from chassis.settings import load
from notifier.settings import MigrationSettings

if __name__ == "__main__":
    upgrade("notifier", load(MigrationSettings).database_url.get_secret_value())
