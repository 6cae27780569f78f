import asyncio, time
from chassis.outbox import Relay
from chassis.outbox.relay import _PENDING

async def test_perf(db, producer, topic, running):
    async with db.connection() as c:
        await c.execute("set statement_timeout=0")
        await c.execute("analyze event_pending; analyze event_log")
        await c.execute("""insert into event_log (event_id, topic, key, type, tenant, payload) select 'e'||g, $1, 'k'||(g%5000), 't','a', convert_to(repeat('x',400),'utf8') from generate_series(1,300000) g""", topic, timeout=60)
        await c.execute("insert into event_pending select id, (id%16)::smallint from event_log", timeout=60)
        for r in await c.fetch("explain analyze "+_PENDING, list(range(16)), [], 500, timeout=60): print(r[0])
    relay=Relay(db,producer)
    t=time.perf_counter()
    async with running(relay.run):
        for _ in range(10):
            await asyncio.sleep(1)
            async with db.connection() as c:
                n=await c.fetchval("select count(*) from event_pending")
            print(round(time.perf_counter()-t,1), n)
