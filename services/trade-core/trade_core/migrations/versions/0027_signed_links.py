"""A payment link knows the signed request that it was made by: the same again makes no other."""

from chassis.migrations import create_index_concurrently, execute

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    execute("alter table payment_links add column if not exists signed_as text;")
    create_index_concurrently(
        "payment_links_signed",
        "on payment_links (app_id, signed_as) where signed_as is not null",
        unique=True,
    )
