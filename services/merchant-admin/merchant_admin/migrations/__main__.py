"""`python -m merchant_admin.migrations`."""

from chassis.migrations import upgrade
from merchant_admin.migrations.rights import grant
from merchant_admin.settings import MigrationSettings

config = MigrationSettings()
upgrade("merchant_admin", config.database_url.get_secret_value())
if config.service_role is not None:
    grant(config.database_url.get_secret_value(), config.service_role)
