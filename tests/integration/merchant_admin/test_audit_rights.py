"""The audit as deployed: the service adds to it and changes nothing; whoever could, is seen."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic import command
from alembic.config import Config

from chassis import migrations
from chassis.database import Database
from merchant_admin import rebuild_projections
from merchant_admin.domain.audit import Actor
from merchant_admin.flows.recording import record_action
from merchant_admin.migrations.rights import grant
from merchant_admin.verify_audit import check, report

AT = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)


@dataclass
class Deployed:
    """A database that one role owns and migrates, and another, the service, works in."""

    superuser: str
    owner: str
    service: str

    async def write(self, *names: str, db: Database | None = None) -> None:
        """One row for each name, by the service."""
        service = db or await Database.connect(self.service, application_name="test")
        for name in names:
            async with service.transaction() as tx:
                after = {
                    "amount": 1.50,
                    "name": "阳光\u2028物业",
                    "list": [1, None, {"b": 1, "a": 2}],
                }
                actor = Actor(name, "203.0.113.9", "r-1")
                await record_action(tx, actor, "user.tested", at=AT, entity_id=name, after=after)
        if db is None:
            await service.close()

    async def run(self, url: str, statement: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture
async def deployed(postgres_server: str) -> AsyncIterator[Deployed]:
    name = f"audit_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(postgres_server)
    for role in (name, f"{name}_owner"):
        await admin.execute(f"create role {role} login password 'secret'")
    await admin.execute(f"create database {name} owner {name}_owner template template0")
    place = urlsplit(postgres_server)

    def url(role: str) -> str:
        address = f"{role}:secret@{place.hostname}:{place.port or 5432}"
        return place._replace(netloc=address, path=f"/{name}").geturl()

    owner = url(f"{name}_owner")
    await asyncio.to_thread(migrations.upgrade, "merchant_admin", owner)
    await asyncio.to_thread(grant, owner, name)
    yield Deployed(place._replace(path=f"/{name}").geturl(), owner, url(name))
    await admin.execute(f"drop database {name} with (force)")
    for role in (name, f"{name}_owner"):
        await admin.execute(f"drop role {role}")
    await admin.close()


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set actor = 'x'",
        "delete from audit",
        "truncate audit",
        "alter table audit disable trigger all",
        "drop trigger audit_is_chained on audit",
        "drop table audit",
        "update audit_head set position = 0",
        "delete from audit_head",
        "insert into audit_head (is_only, position, day, hash) values (false, 1, now(), '')",
        "create or replace function chain_audit() returns trigger language plpgsql as"
        " $$ begin return new; end $$",
        "update alembic_version set version_num = '0001'",
        "update event_log set topic = ''",
    ],
)
async def test_the_service_cannot_rewrite_the_audit(deployed: Deployed, statement: str) -> None:
    await deployed.write("li")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await deployed.run(deployed.service, statement)
    assert (await check(deployed.service)).broken_at is None


async def test_the_service_hears_in_words_that_it_cannot_make_tables_anew(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAYMESH_DATABASE_URL", deployed.service)
    monkeypatch.setenv("PAYMESH_TRADE_CORE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PAYMESH_TRADE_CORE_TOKEN", "t" * 32)
    assert await asyncio.to_thread(rebuild_projections.main) == 1
    assert "the role that owns the tables" in capsys.readouterr().err


async def test_the_service_chooses_neither_place_nor_hash(deployed: Deployed) -> None:
    await deployed.run(
        deployed.service,
        "insert into audit (at, actor, action, entity_kind, entity_id, ip, request_id, position,"
        " day, hash) values (now(), 'x', 'y', 'z', '', '', '', 99, '2020-01-01', '\\x00')",
    )
    found = await check(deployed.service)
    assert (found.broken_at, sum(day.rows for day in found.days)) == (None, 1)


async def test_rows_written_at_the_same_time_are_one_chain(deployed: Deployed) -> None:
    db = await Database.connect(deployed.service, application_name="test")
    await asyncio.gather(*(deployed.write(*"abc", db=db) for _ in range(8)))
    await db.close()
    found = await check(deployed.service)
    assert (found.broken_at, sum(day.rows for day in found.days)) == (None, 24)
    assert report(found)[-1] == "the audit is as it was written"


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("update audit set actor = 'zhang' where position = 2", 2),
        ("update audit set after = after || '{\"amount\": 2}' where position = 2", 2),
        ("update audit set at = at + interval '1 microsecond' where position = 2", 2),
        ("delete from audit where position = 2", 2),
        ("delete from audit where position = 3", 3),
        ("update audit set position = 4 where position = 3", 3),
        ("update audit set hash = sha256('x') where position = 1", 1),
    ],
)
async def test_whoever_could_rewrite_it_is_found_out(
    deployed: Deployed, statement: str, broken_at: int
) -> None:
    await deployed.write("li", "wu", "wang")
    forged = f"set session_replication_role = replica; {statement}"
    await deployed.run(deployed.superuser, forged)
    found = await check(deployed.service)
    assert found.broken_at == broken_at
    assert report(found)[-1].startswith(f"BROKEN at position {broken_at}")


async def test_rows_from_before_the_chain_are_chained(postgres_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", "merchant_admin:migrations")
    config.attributes["database_url"] = postgres_url
    await asyncio.to_thread(command.upgrade, config, "0007")
    connection = await asyncpg.connect(postgres_url)
    for name in "abc":
        await connection.execute(
            "insert into audit (at, actor, action, entity_kind, entity_id, after, ip, request_id)"
            " values ($1, $2, 'x.y', 'x', '', '{\"a\": 1.0}', '', '')",
            AT, name,
        )  # fmt: skip
    await connection.close()
    await asyncio.to_thread(migrations.upgrade, "merchant_admin", postgres_url)
    found = await check(postgres_url)
    assert (found.broken_at, [(str(day.day), day.rows) for day in found.days]) == (
        None,
        [("2026-11-22", 3)],
    )
