"""Client certificates for callbacks, and alerts to a merchant's own people; both sealed."""

from chassis.migrations import execute

revision = "0003"
down_revision = "0002"

CHANGES = """
alter table app
    add column client_certificate_sealed     text,
    add column client_certificate_expires_at timestamptz,
    add check ((client_certificate_sealed is null) = (client_certificate_expires_at is null));
alter table merchant
    add column alert_route_sealed text;
"""


def upgrade() -> None:
    execute(CHANGES)
