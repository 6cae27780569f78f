"""What a call to a channel costs, and what one hanging account costs the others.

`make bench-channel` starts a sandbox and then this program, which is the gateway's executor with
its plugins and nothing else.
"""

import argparse
import asyncio
import contextlib
import re
import socket
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final

import httpx
import uvloop
from httpx_aiohttp import HttpxAiohttpClient

from bench.channel.bare import BARE, NUMBER
from bench.load import Figures, closed_loop, percentile_ms
from chassis import logs
from contracts.api import Method
from contracts.identifiers import new_id
from contracts.money import Money
from gateway.calling.executor import Executor
from gateway.calling.transport import HttpTransport
from gateway.channels.plugin import Call, Operation, Outcome, PayOrder, Pending, Request
from gateway.channels.registry import PLUGINS
from gateway.directory import ChannelAccount

OVERHEAD_BAR: Final = 1.3
HANGING_BAR: Final = 1.2

TURN_S: Final = 1.0
"""The ways to call take turns, so that whatever else the machine does befalls them alike."""

HANGING_CALLS: Final = 200
HANGING_TIMEOUT_S: Final = 2.0
"""Shorter than the plugin's 10 s, so that every round sees calls hang, give up, and stay away."""

ROUNDS: Final = 5
ROUND_S: Final = 3.0
"""Of these the middle one counts: other programs' moments on this machine fall out."""

SPREAD_S: Final = 1.0
"""The callers of the hanging account come one by one."""

PAUSE_S: Final = 1.0
"""Until a caller comes again whom the circuit breaker did not let out."""

TIMEOUT_S: Final = 10.0

OURS: Final = "plugin"
PLAIN: Final = "bare httpx-aiohttp"
PLAINEST: Final = "bare aiohttp"

QR_CODE: Final = re.compile(rb'"(code_url|qr_code)"')
CPU: Final = "this process"
ORDER: Final = PayOrder(
    payment_no=NUMBER,
    amount=Money(1299, "CNY"),
    subject="物业费 11月",
    method=Method.NATIVE,
    created_at=datetime.now(UTC),
    expires_at=datetime.now(UTC) + timedelta(hours=2),
    notify_url="https://pay.example/webhooks",
    landing_url="https://pay.example/pay/landing",
)

Way = Callable[[str], Awaitable[None]]
"""One call for the payment of this number; it fails unless the channel gave a QR code."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all runs share. `seconds`: how long each way to call is measured."""

    executor: Executor
    transport: HttpTransport
    plain: httpx.AsyncClient
    sandbox_url: str
    seconds: float
    concurrency: int

    async def pay(self, account: ChannelAccount, payment_no: str) -> Outcome:
        return await self.executor.pay(account, replace(ORDER, payment_no=payment_no))

    async def account(self, channel: str, **changed: str) -> ChannelAccount:
        """A new merchant of the sandbox."""
        url = f"{self.sandbox_url}/_control/merchants"
        section = (await self.plain.post(url, json={"channel": channel})).json()
        plugin = PLUGINS[channel]
        opened = plugin.open_account(plugin.credentials.model_validate({**section, **changed}))
        return ChannelAccount(new_id("channel_account"), new_id("merchant"), True, plugin, opened)

    async def run(self, figures: Figures, way: Way, seconds: float) -> None:
        """Adds to the figures."""

        async def one() -> None:
            begun = time.perf_counter()
            await way(new_id("payment"))
            figures.answered.append(time.perf_counter() - begun)

        before_s, cpu_s = figures.seconds, time.process_time()
        await closed_loop(figures, seconds=seconds, concurrency=self.concurrency, one=one)
        figures.seconds += before_s
        figures.cpu_s[CPU] = figures.cpu_s.get(CPU, 0.0) + time.process_time() - cpu_s


async def main(arguments: argparse.Namespace) -> None:
    async with prepared(arguments) as bench:
        print(f"closed loop, {bench.concurrency} in flight, {bench.seconds:.0f} s a way\n")
        for channel in BARE:
            report_overhead(channel, await overhead(bench, channel))
        await isolation(bench)


@contextlib.asynccontextmanager
async def prepared(arguments: argparse.Namespace) -> AsyncIterator[Bench]:
    """The log is written as in life, and nobody reads it."""
    with tempfile.TemporaryFile("w") as unread:
        with contextlib.redirect_stdout(unread):
            logs.configure("gateway", "info")
        async with HttpTransport() as transport, HttpxAiohttpClient(timeout=TIMEOUT_S) as plain:
            executor = Executor(
                transport,
                now=lambda: datetime.now(UTC),
                monotonic=time.monotonic,
                tell=lambda alert: print(alert.title),
            )
            url, seconds = arguments.sandbox, arguments.seconds
            yield Bench(executor, transport, plain, url, seconds, arguments.concurrency)


async def overhead(bench: Bench, channel: str) -> dict[str, Figures]:
    account = await bench.account(channel)
    ways = ways_to_call(bench, account)
    for way in ways.values():
        await bench.run(Figures("warm-up"), way, TURN_S)
    measured = {name: Figures(name) for name in ways}
    for _ in range(max(1, round(bench.seconds / TURN_S))):
        for name, way in ways.items():
            await bench.run(measured[name], way, TURN_S)
    return measured


def ways_to_call(bench: Bench, account: ChannelAccount) -> dict[str, Way]:
    signed = BARE[account.channel](pattern(bench, account), account.opened)

    async def plugin(payment_no: str) -> None:
        require_qr_code(await bench.pay(account, payment_no))

    async def plain(payment_no: str) -> None:
        request = signed(payment_no)
        answer = await bench.plain.post(
            request.url, content=request.body, headers=dict(request.headers)
        )
        require_qr_code(answer.content)

    async def plainest(payment_no: str) -> None:
        answer = await bench.transport.send(signed(payment_no), timeout_s=TIMEOUT_S)
        require_qr_code(answer.body)

    return {OURS: plugin, PLAIN: plain, PLAINEST: plainest}


def pattern(bench: Bench, account: ChannelAccount) -> Request:
    call = native(account).call(ORDER, account.opened)
    return account.plugin.wire.sign(call, account.opened, bench.executor.moment())


def native(account: ChannelAccount) -> Operation[PayOrder, Any]:
    method = account.plugin.methods[ORDER.method]
    if not isinstance(method, Operation):
        raise TypeError(f"{account.channel} is not asked for native payments")
    return method


def require_qr_code(answer: Outcome | bytes) -> None:
    is_given = QR_CODE.search(answer) if isinstance(answer, bytes) else isinstance(answer, Pending)
    if not is_given:
        raise SystemExit(f"the sandbox gave no QR code: {answer!r}")


async def isolation(bench: Bench) -> None:
    way = ways_to_call(bench, await bench.account("wechat"))[OURS]
    rounds: list[tuple[Figures, Figures]] = []
    ends: Counter[str] = Counter()
    with silent_address() as url:
        account = impatient(await bench.account("wechat", base_url=url))
        for _ in range(ROUNDS):
            alone, beside = Figures("alone"), Figures("beside a hanging account")
            await bench.run(alone, way, ROUND_S)
            # As a new account it has not been noticed yet.
            hanging = replace(account, account_id=new_id("channel_account"))
            async with calls_under_way(bench, hanging, ends):
                await bench.run(beside, way, ROUND_S)
            rounds.append((alone, beside))
    report_isolation(rounds, ends)


def impatient(account: ChannelAccount) -> ChannelAccount:
    """The same with a shorter time-out."""
    operation = native(account)

    def call(order: PayOrder, opened: Any) -> Call:
        return replace(operation.call(order, opened), timeout_s=HANGING_TIMEOUT_S)

    methods = {ORDER.method: replace(operation, call=call)}
    return replace(account, plugin=replace(account.plugin, methods=methods))


@contextlib.contextmanager
def silent_address() -> Iterator[str]:
    """The system accepts, and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=HANGING_CALLS) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextlib.asynccontextmanager
async def calls_under_way(
    bench: Bench, account: ChannelAccount, ends: Counter[str]
) -> AsyncIterator[None]:
    """So many callers, each coming again when its call has ended; `ends` counts how."""

    async def call_again(number: int) -> None:
        await asyncio.sleep(number * SPREAD_S / HANGING_CALLS)
        while True:
            outcome = await bench.pay(account, new_id("payment"))
            code = getattr(outcome, "code", "answered")
            ends[code] += 1
            if code == "circuit_open":
                await asyncio.sleep(PAUSE_S)

    async with asyncio.TaskGroup() as group:
        callers = [group.create_task(call_again(number)) for number in range(HANGING_CALLS)]
        yield
        for caller in callers:
            caller.cancel()


def report_overhead(channel: str, measured: dict[str, Figures]) -> None:
    print(f"{channel + ' native':<28}{'calls/s':>8}{'CPU µs a call':>15}{'p50':>11}{'p99':>11}")
    for figures in measured.values():
        print(
            f"  {figures.name:<26}{figures.per_second(figures.answered):>8.0f}"
            f"{cpu_us(figures):>15.0f}{latencies(figures)}"
        )
    ours = measured[OURS]
    for name, bar in ((PLAIN, f" (bar {OVERHEAD_BAR})"), (PLAINEST, "")):
        floor = measured[name]
        rates = [side.per_second(side.answered) for side in (floor, ours)]
        print(
            f"  ratio to {name}: CPU {cpu_us(ours) / cpu_us(floor):.2f}{bar},"
            f" time {rates[0] / rates[1]:.2f}"
        )
    print()


def report_isolation(rounds: list[tuple[Figures, Figures]], ends: Counter[str]) -> None:
    print(f"{'wechat, the healthy account':<28}{'calls/s':>8}{'p50':>11}{'p99':>11}")
    for figures in (each for pair in rounds for each in pair):
        rate = figures.per_second(figures.answered)
        print(f"  {figures.name:<26}{rate:>8.0f}{latencies(figures)}")
    ratios = [
        percentile_ms(beside.answered, 99) / percentile_ms(alone.answered, 99)
        for alone, beside in rounds
    ]
    print(f"  ratio of p99, the middle round: {median(ratios):.2f} (bar {HANGING_BAR})")
    counts = ", ".join(f"{count} {code}" for code, count in ends.most_common())
    print(f"  {HANGING_CALLS} callers of the hanging account, whose calls ended: {counts}")


def latencies(figures: Figures) -> str:
    p50, p99 = (percentile_ms(figures.answered, percent) for percent in (50, 99))
    return f"{p50:>8.1f} ms{p99:>8.1f} ms"


def cpu_us(figures: Figures) -> float:
    return 1_000_000 * figures.cpu_s[CPU] / len(figures.answered)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sandbox", help="its address")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args()))
