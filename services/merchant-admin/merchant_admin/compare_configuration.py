"""`python -m merchant_admin.compare_configuration`: the configuration in Kafka beside ours.

Run with the service's own environment, after its signing key was exchanged and after its database
was restored. Without an option it changes nothing. `--publish` tells anew what differs, under a
version that readers take; `--publish-all` everything of ours: after a restore readers may hold what
the topic no longer shows, and nothing here can tell. `--end ID …` disables what only the topic
knows. Ends with 0 only when nothing differed: what was published is read by the next run.
"""

import argparse
import asyncio
import base64
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from chassis.database import Database
from chassis.problems import Problem
from chassis.settings import load
from contracts import record_proof
from merchant_admin.flows.comparing import Difference, Publishing, compare, read_topic
from merchant_admin.settings import AdminSettings

NAME: Final = "compare-configuration"


async def run(
    config: AdminSettings,
    *,
    publishing: Publishing = Publishing.NOTHING,
    ends: Collection[str] = (),
) -> dict[str, Difference]:
    signing = record_proof.signing_key(config.configuration_key.get_secret_value())
    public = base64.b64encode(signing.public_bytes()).decode()
    in_topic = await read_topic(config.broker(), record_proof.public_keys(public))
    db = await Database.connect(
        config.database_url.get_secret_value(), application_name=NAME, min_size=1
    )
    try:
        return await compare(db, in_topic, now=datetime.now(UTC), publishing=publishing, ends=ends)
    finally:
        await db.close()


def report(found: Mapping[str, Difference]) -> list[str]:
    return [f"{name}: {difference}" for name, difference in found.items()] or ["nothing differs"]


def main() -> int:
    asked = argparse.ArgumentParser(
        prog=f"python -m merchant_admin.{NAME.replace('-', '_')}", description=__doc__
    )
    for option, publishing in (
        ("--publish", Publishing.DIFFERING),
        ("--publish-all", Publishing.ALL),
    ):
        asked.add_argument(option, action="store_const", const=publishing, dest="publishing")
    asked.set_defaults(publishing=Publishing.NOTHING)
    asked.add_argument("--end", nargs="+", default=(), metavar="ID")
    given = asked.parse_args()
    try:
        found = asyncio.run(run(load(AdminSettings), publishing=given.publishing, ends=given.end))
    except TimeoutError:
        sys.stderr.write("stopped: Kafka did not give the whole topic in time\n")
        return 1
    except Problem as problem:
        sys.stderr.write(f"stopped, and may be repeated: {problem.detail}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in report(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
