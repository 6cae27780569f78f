import asyncio, time, os, resource
from collections.abc import Callable, Awaitable
from aiohttp import web
import pytest
from chassis.database import Database
from tests.integration.notifier.desk import Desk, app, told
from tests.integration.notifier.app_server import running_app_server
from multiprocessing import Process

def server_main(port):
    from aiohttp import web
    async def h(r):
        await r.read(); await asyncio.sleep(0.005); return web.Response()
    a=web.Application(); a.router.add_post("/{p:.*}",h)
    import uvloop; uvloop.install()
    web.run_app(a,host="127.0.0.1",port=port,print=None,access_log=None)

N=6000; APPS=int(os.environ.get("APPS","100"))
async def test_speed(make_database):
    db = await Database.connect(await make_database("notifier"), application_name="tests")
    desk=Desk(db)
    p=Process(target=server_main,args=(18999,),daemon=True); p.start()
    for n in range(APPS): desk.apps.put(app(f"A{n}", f"http://127.0.0.1:18999/{n}"))
    body=b"x"*900
    evs=[told(f"A{i%APPS}", body=body) for i in range(N)]
    t=time.monotonic()
    for i in range(0,N,500): await desk.tell(*evs[i:i+500])
    print("insert/s", N/(time.monotonic()-t))
    await asyncio.sleep(0.5)
    t=time.monotonic(); c=time.process_time()
    async with desk.running():
        import cProfile,pstats; pr=cProfile.Profile(); pr.enable()
        while await desk.value("select count(*) from due"): await asyncio.sleep(0.05)
        pr.disable(); pstats.Stats(pr).sort_stats("tottime").print_stats(28)
        dt=time.monotonic()-t
        print("drain/s", N/dt, "cpu s per 1k", (time.process_time()-c)/N*1000)
    # steady: 400/s
    async with desk.running() as deps:
        lat=[]
        for k in range(60):
            batch=[told(f"A{i%APPS}", body=body) for i in range(20)]
            await desk.tell(*batch); deps.due.set()
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
    rows=await db.connection().__aenter__()
    r=await rows.fetch("select extract(epoch from a.started_at-d.created_at) l from attempt a join delivery d using(delivery_id) order by a.started_at desc limit 1200")
    l=sorted(float(x['l']) for x in r); print("latency p50",l[600],"p99",l[1188])
    p.kill()
