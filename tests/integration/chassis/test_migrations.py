"""Migrations run once, however many start them, and give up rather than block the traffic."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from chassis import migrations

ENV = "from chassis.migrations import run_env\n\nrun_env()\n"
FIRST = '''
from alembic import op
from chassis import migrations

revision = "0001"
down_revision = None


def upgrade():
    migrations.execute("""
        create table thing (id int primary key, note text default 'a:b; c');
        insert into thing select * from generate_series(1, 3);
        select pg_sleep(0.3);
    """)
'''
SECOND = """
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("alter table thing add column name text")
"""

WRITTEN = """
    select relname::text, ctid::text, xmin::text from pg_class
    where relnamespace = 'public'::regnamespace
    union all select 'thing', ctid::text, xmin::text from thing
    union all select version_num, ctid::text, xmin::text from alembic_version
    order by 1, 2
"""
"""Each table and each row, and the transaction that wrote it."""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"migrated_{tmp_path.name.replace('-', '_')}"
    versions = tmp_path / name / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    (versions.parent / "env.py").write_text(ENV)
    (versions / "0001_first.py").write_text(FIRST)
    (versions / "0002_second.py").write_text(SECOND)
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


async def test_two_at_once_migrate_once(package: str, postgres_url: str) -> None:
    commands = [
        sys.executable,
        "-c",
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from chassis.migrations import upgrade; upgrade(sys.argv[2], sys.argv[3])",
        sys.path[0],
        package,
        postgres_url,
    ]
    both = [await asyncio.create_subprocess_exec(*commands) for _ in range(2)]
    assert [await process.wait() for process in both] == [0, 0]

    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("select count(*) from thing where name is null") == 3
    assert await connection.fetchval("select version_num from alembic_version") == "0002"
    await connection.close()


async def test_a_second_run_changes_nothing(package: str, postgres_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, package, postgres_url)
    connection = await asyncpg.connect(postgres_url)
    once = await connection.fetch(WRITTEN)
    await asyncio.to_thread(migrations.upgrade, package, postgres_url)
    assert once == await connection.fetch(WRITTEN)
    await connection.close()


async def test_a_lock_that_is_not_given_stops_the_migration(
    package: str, postgres_url: str
) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "create table thing (id int); create table alembic_version"
        " (version_num varchar(32) primary key);"
        " insert into alembic_version values ('0001')"
    )
    async with connection.transaction():
        await connection.execute("lock table thing")
        with pytest.raises(Exception, match="lock timeout"):
            await asyncio.to_thread(migrations.upgrade, package, postgres_url)
    await asyncio.to_thread(migrations.upgrade, package, postgres_url)
    await connection.close()


async def test_a_schema_newer_than_the_code_is_left_as_it_is(
    package: str, postgres_url: str
) -> None:
    """As when a release is rolled back: its migration Job, too, must end well."""
    await asyncio.to_thread(migrations.upgrade, package, postgres_url)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("update alembic_version set version_num = '0003'")
    before = await connection.fetch(WRITTEN)

    with capture_logs() as lines:
        await asyncio.to_thread(migrations.upgrade, package, postgres_url)

    assert await connection.fetch(WRITTEN) == before
    assert [(line["event"], line["revision"]) for line in lines] == [("schema.newer", "0003")]
    await connection.close()
