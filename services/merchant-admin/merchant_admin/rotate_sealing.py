"""`python -m merchant_admin.rotate_sealing`: seal every secret to the newest keys of the services.

Run with the service's own environment while the gateway and the notifier hold two keys and
merchant-admin names the new public ones; afterwards the old keys can be taken away. Ends with 0
only when a pass over everything found nothing sealed to an older key. What could not be opened must
be saved again in merchant-admin.
"""

import asyncio
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Final

from chassis.database import Database
from chassis.problems import Problem
from foundation.service_client import Service
from merchant_admin.domain.audit import SYSTEM
from merchant_admin.flows.deps import SealingKeys
from merchant_admin.flows.sealing_anew import SealedCount, Sealer, seal_all_anew
from merchant_admin.settings import RotationSettings

NAME: Final = "rotate-sealing"


async def rotate(config: RotationSettings) -> SealedCount:
    url = config.database_url.get_secret_value()
    db = await Database.connect(url, application_name=NAME, min_size=1)
    sealer = Sealer(
        db=db,
        clock=partial(datetime.now, UTC),
        gateway=Service(config.gateway_url, config.gateway_token),
        notifier=Service(config.notifier_url, config.notifier_token),
        sealing=SealingKeys(
            gateway=config.gateway_sealing_public_key,
            notifier=config.notifier_sealing_public_key,
        ),
    )
    try:
        async with sealer.gateway, sealer.notifier:
            return await seal_all_anew(sealer, SYSTEM)
    finally:
        await db.close()


def report(count: SealedCount) -> list[str]:
    lines = [f"{count.texts} secrets of {count.entities} entities are sealed anew"]
    if count.found:
        lines.append("NOT ALL: a replica of merchant-admin still seals to an older key; repeat")
    return [*lines, *(f"CANNOT BE OPENED, save it again: {one}" for one in count.lost)]


def main() -> int:
    try:
        count = asyncio.run(rotate(RotationSettings()))
    except Problem as problem:
        sys.stderr.write(f"stopped, and may be repeated: {problem.detail}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in report(count))
    return 0 if count.is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
