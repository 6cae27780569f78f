"""What waits for people is counted without looking at what does not."""

from chassis.migrations import execute

revision = "0015"
down_revision = "0014"

CHANGES = """
create index deliveries_view_exhausted on deliveries_view (at) where state = 'exhausted';
create index app_certificate_expiry on app (client_certificate_expires_at)
    where client_certificate_expires_at is not null;
"""


def upgrade() -> None:
    execute(CHANGES)
