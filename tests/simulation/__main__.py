"""`make simulate`: many seeds on all cores, or one with its story."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.simulation import worker
from tests.simulation.features import Feature
from tests.simulation.simulation import Report

from paymesh_local.postgres import Postgres


def main() -> int:
    request = _arguments()
    if request.server is not None:
        return _simulate(request, request.server)
    with postgres() as url:
        return _simulate(request, url)


def _simulate(request: argparse.Namespace, server_url: str) -> int:
    seeds = [request.seed] if request.seed is not None else range(1, request.seeds + 1)
    started = time.monotonic()
    failed: list[Report] = []
    judge = partial(worker.judge, tells=request.seed is not None, has=_features(request))
    with _pool(request.workers, server_url) as pool:
        for count, report in enumerate(pool.map(judge, seeds), start=1):
            if report.violations:
                failed.append(report)
                _tell(report, with_story=len(failed) == 1 and not request.until_failed)
                if request.until_failed:
                    pool.shutdown(cancel_futures=True)
                    print(f"found out by seed {report.seed}")
                    return 1
            elif report.story:
                print("\n".join(report.story))
            if count % 100 == 0:
                print(f"  {count} seeds, {count / (time.monotonic() - started):.1f} per second")
    per_s = len(seeds) / (time.monotonic() - started)
    print(f"{len(seeds)} seeds, {per_s:.1f} per second, {len(failed)} failed", flush=True)
    if failed:
        print(f"make simulate SEED={failed[0].seed} tells the story of the first")
    return 1 if failed else 0


def _pool(workers: int, server_url: str) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, get_context("spawn"), worker.prepare, (server_url,))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many, from 1")
    parser.add_argument("--seed", type=int, help="only this one, told step by step")
    parser.add_argument(
        "--features", help="what each world holds, if not what its seed says; or: all"
    )
    parser.add_argument("--until-failed", action="store_true", help="stop at the first failure")
    parser.add_argument("--server", help="the address of a PostgreSQL, if not one of its own")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    return parser.parse_args()


def _features(request: argparse.Namespace) -> frozenset[Feature] | None:
    if request.features is None:
        return None
    names = list(Feature) if request.features == "all" else request.features.split(",")
    return frozenset(map(Feature, names))


def _tell(report: Report, *, with_story: bool) -> None:
    if with_story:
        print("\n".join(report.story))
    print(f"seed {report.seed} failed:")
    for violation in report.violations:
        print(f"  · {violation}")


@contextmanager
def postgres() -> Iterator[str]:
    """A server of this run's own."""
    with tempfile.TemporaryDirectory(prefix="paymesh-simulation-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as another user
        server = Postgres(folder / "postgres", folder / "log", password="simulated", durable=False)
        with asyncio.Runner() as runner:
            runner.run(server.start())
            try:
                yield server.url()
            finally:
                runner.run(server.stop())


if __name__ == "__main__":
    sys.exit(main())
