"""`make run`: everything on this machine, a demo merchant, and a payment shown step by step."""

import asyncio
import contextlib
import signal
import sys
import time
from typing import Any, Final

import httpx

from paymesh_local import demo_file, local_dir
from paymesh_local.callbacks import Callback, CallbackReceiver
from paymesh_local.client import ApiClient
from paymesh_local.demo_file import Demo
from paymesh_local.failure import CannotRun
from paymesh_local.options import Options
from paymesh_local.registration import (
    ADMIN_USER,
    Credentials,
    Registrar,
    Registration,
    known_to_gateway,
)
from paymesh_local.services import SANDBOX
from paymesh_local.stack import Stack
from paymesh_local.terminal import Terminal
from paymesh_local.walkthrough import Walkthrough, yuan

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

REGISTRATION: Final = "registration.json"

NEWS_S: Final = 1.0
"""That the gateway has heard of a change cannot be seen from outside: it is given this time."""


def main() -> None:
    terminal = Terminal()
    try:
        options = Options.of_environment()
        with local_dir.held(options.local_dir):
            asyncio.run(_until_signal(options, terminal))
    except CannotRun as error:
        _show_failure(terminal, error)
        sys.exit(1)
    finally:
        terminal.close()


async def _until_signal(options: Options, terminal: Terminal) -> None:
    """The first signal ends the run; those that follow do not disturb its stop."""
    loop, run = asyncio.get_running_loop(), asyncio.ensure_future(_run(options, terminal))

    def stop() -> None:
        for each in STOP_SIGNALS:
            loop.add_signal_handler(each, lambda: None)
        run.cancel()

    for each in STOP_SIGNALS:
        loop.add_signal_handler(each, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await run


async def _run(options: Options, terminal: Terminal) -> None:
    folder, began = options.local_dir, time.monotonic()
    demo_file.remove(folder)
    terminal.title("Paymesh 聚合支付中心")
    stack = Stack(options, terminal)
    try:
        await stack.start()
        with terminal.step("demo merchant 示例商户") as detail:
            demo = await _registered(stack, options, terminal)
            detail(demo.registration.merchant_id)
        receiver = CallbackReceiver(
            demo.registration.app.webhook_secret, port=stack.plan.ports.demo_app
        )
        async with receiver, asyncio.TaskGroup() as group:

            def write_demo_file() -> None:
                demo_file.write(folder, stack.plan, stack.pids, demo)

            write_demo_file()
            terminal.done("ready 就绪", "", time.monotonic() - began)
            group.create_task(stack.keep(write_demo_file))
            await _show(options, stack, demo, receiver, terminal)
            receiver.on_callback = lambda callback: _tell_callback(terminal, callback)
    finally:
        demo_file.remove(folder)
        with terminal.step("stopped 已停止") as detail:
            await stack.stop()
            detail(f"the data stays in {folder.name} (make clean removes it)")


async def _registered(stack: Stack, options: Options, terminal: Terminal) -> Demo:
    """Register what is not registered yet; a channel that is refused is told and left out."""
    file, plan = options.local_dir / REGISTRATION, stack.plan
    sandbox = await _credentials(plan.url(SANDBOX))
    notify_url = CallbackReceiver.url_of(plan.ports.demo_app)
    async with Registrar(plan.url("merchant-admin"), plan.keyring.admin_password) as registrar:
        before = Registration.find(file)
        known = before or await registrar.register()
        known.keep(file)
        known = await registrar.tell_address(known, notify_url)
        for channel, fields in sandbox.items():
            try:
                known = await registrar.tell_account(known, channel, fields)
            except CannotRun as error:
                terminal.problem(f"{channel} left out", str(error))
        known.keep(file)
    await known_to_gateway(plan.url("gateway"), known)
    if before not in (None, known):
        await asyncio.sleep(NEWS_S)
    return Demo(known, sandbox)


async def _credentials(sandbox_url: str) -> dict[str, Credentials]:
    async with httpx.AsyncClient(base_url=sandbox_url, trust_env=False) as sandbox:
        sections: dict[str, Credentials] = (await sandbox.get("/_control/credentials")).json()
        return sections


async def _show(
    options: Options, stack: Stack, demo: Demo, receiver: CallbackReceiver, terminal: Terminal
) -> None:
    """The shown payment, then what to open; trouble in it does not end the stack."""
    plan, cashier_url = stack.plan, stack.plan.url("cashier")
    if options.show_demo:
        async with ApiClient(plan.url("gateway"), demo.registration.app) as api:
            walkthrough = Walkthrough(
                api,
                receiver,
                demo.registration,
                sandbox_url=plan.url(SANDBOX),
                terminal=terminal,
            )
            try:
                await walkthrough.show()
                cashier_url = await walkthrough.cashier_url()
            except (CannotRun, httpx.HTTPError) as error:
                terminal.problem("shown payment", str(error) or type(error).__name__)
    terminal.title("Open 打开")
    terminal.line("API 接口文档", f"{plan.url('gateway')}/docs")
    terminal.line("cashier 收银台", cashier_url)
    password = plan.keyring.admin_password
    terminal.line("admin 商户管理", f"{plan.url('merchant-admin')}  {ADMIN_USER} / {password}")
    terminal.line("sandbox 沙箱", f"{plan.url(SANDBOX)}/_control/truth")
    terminal.line("for programs", str(options.local_dir / demo_file.NAME))
    terminal.say()
    terminal.say("  Ctrl-C stops everything.")
    terminal.say()


def _tell_callback(terminal: Terminal, callback: Callback) -> None:
    data: dict[str, Any] = callback.data
    number = data.get("refund_no") or data.get("payment_no") or ""
    amount = yuan(data["amount"]) if "amount" in data else ""
    verified = "verified" if callback.is_authentic else "WRONG SIGNATURE"
    terminal.event("callback 回调", f"{callback.type} {number} {amount} {verified}")


def _show_failure(terminal: Terminal, error: CannotRun) -> None:
    terminal.say()
    terminal.problem("cannot run", error.reason)
    for line in error.log_tail.splitlines():
        terminal.say(f"      {line}")
    terminal.say()


if __name__ == "__main__":
    main()
