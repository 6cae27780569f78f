"""When the certificates that apps sign with end, as it is noted of the others."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations import execute
from merchant_admin.domain.keys import find_validity

revision = "0019"
down_revision = "0018"

CHANGES = """
alter table app_key add column certificate_expires_at timestamptz;
create index app_key_certificate_expiry on app_key (certificate_expires_at)
    where certificate_expires_at is not null;
"""


def upgrade() -> None:
    execute(CHANGES)
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "select key_id, public_key_pem from app_key"
            " where public_key_pem like '%BEGIN CERTIFICATE%'"
        )
    )
    for key_id, pem in found.fetchall():
        validity = find_validity(pem)
        assert validity is not None
        connection.execute(
            sa.text("update app_key set certificate_expires_at = :until where key_id = :key_id"),
            {"until": validity[1], "key_id": key_id},
        )
