"""`python -m merchant_admin.migrations`."""

from chassis.migrations import upgrade
from merchant_admin.settings import MigrationSettings

upgrade("merchant_admin", MigrationSettings().database_url.get_secret_value())
