"""What trade-core is told by its environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import PREFIX, AlertingSettings, CalledSettings, StoringSettings
from foundation.record_proof import ConfigurationPublicKeys, RecordKeys, UnsignedUntil


class TradeCoreSettings(CalledSettings, StoringSettings, AlertingSettings):
    """`member_id` names this replica to Kafka, so that its partitions wait for it. How long apps
    can pull their events: `event_retention_days`. `record_keys`: shared with the gateway;
    `configuration_public_keys`: those of merchant-admin; `configuration_snapshot`: where what they
    prove is kept, sealed, for a start without Kafka. `unsigned_records_until`: for an upgrade, see
    `foundation.record_proof`. `archive_after_days`: when closed orders leave for the archive, not
    before no channel refunds them any more; absent: never. All replicas must know the archive
    before it is set."""

    private_port: int = 8101
    record_keys: RecordKeys
    configuration_public_keys: ConfigurationPublicKeys
    configuration_snapshot: Path | None = None
    unsigned_records_until: UnsignedUntil | None = None
    event_retention_days: Annotated[int, Field(ge=1)] = 90
    archive_after_days: Annotated[int, Field(ge=400)] | None = None


class DatabaseSettings(BaseSettings):
    """All that the commands need; what else the service is told is none of their business."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr


def database_url() -> str:
    """The database of PAYMESH_DATABASE_URL, for the commands beside the service."""
    return DatabaseSettings().database_url.get_secret_value()
