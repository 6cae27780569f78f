"""What people are reached by, as strict as the real ones: DingTalk's robot, a webhook, e-mail."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

ACCESS_TOKEN = "5f2c9a"
SECRET = "SEC000d3f7c"
PER_MINUTE = 20


class Robot:
    """DingTalk's rules: token, time within an hour, sign, markdown, 20 a minute. A refusal is an
    `errcode` in an answer with status 200."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[dict[str, Any]] = []
        self.refuses: int | None = None
        self._times: deque[float] = deque()

    async def handle(self, request: web.Request) -> web.Response:
        code = self.refuses or self._errcode(request, body := await request.json())
        if code == 0:
            self.taken.append(body)
        return web.json_response({"errcode": code, "errmsg": "ok" if code == 0 else "refused"})

    def _errcode(self, request: web.Request, body: dict[str, Any]) -> int:
        if request.query.get("access_token") != ACCESS_TOKEN:
            return 300001
        stamp = request.query.get("timestamp", "0")
        expected = base64.b64encode(
            hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        ).decode()
        if abs(time.time() * 1000 - int(stamp)) > 3_600_000:
            return 310000
        if request.query.get("sign") != expected:
            return 310000
        if body.get("msgtype") != "markdown" or not {"title", "text"} <= body["markdown"].keys():
            return 400035
        if len(body["markdown"]["text"].encode()) > 20_000:
            return 460101
        return self._rate()

    def _rate(self) -> int:
        now = time.monotonic()
        while self._times and now - self._times[0] > 60:
            self._times.popleft()
        self._times.append(now)
        return 130101 if len(self._times) > PER_MINUTE else 0


@asynccontextmanager
async def running_robot() -> AsyncIterator[Robot]:
    robot = Robot()
    application = web.Application()
    application.router.add_post("/robot/send", robot.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    robot.url = f"http://127.0.0.1:{port}/robot/send?access_token={ACCESS_TOKEN}"
    yield robot
    await runner.cleanup()


class OtherRobots:
    """WeCom's and Feishu's rules, as far as they differ from DingTalk's: one key in the address,
    4,096 bytes of markdown; a card, 20 kB, signed by time and secret as the key of nothing."""

    def __init__(self) -> None:
        self.wecom_url = self.feishu_url = ""
        self.taken: list[dict[str, Any]] = []

    async def wecom(self, request: web.Request) -> web.Response:
        body = await request.json()
        good = request.query.get("key") == ACCESS_TOKEN and body["msgtype"] == "markdown"
        good = good and len(body["markdown"]["content"].encode()) <= 4_096
        if good:
            self.taken.append(body)
        return web.json_response({"errcode": 0 if good else 40058, "errmsg": "refused"})

    async def feishu(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw)
        key = f"{body.get('timestamp')}\n{SECRET}".encode()
        sign = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
        good = body.get("sign") == sign and len(raw) <= 20_480
        good = good and body["msg_type"] == "interactive"
        good = good and abs(time.time() - int(body["timestamp"])) < 3_600
        if good:
            self.taken.append(body)
        return web.json_response({"code": 0 if good else 19021, "msg": "sign match fail"})


@asynccontextmanager
async def running_other_robots() -> AsyncIterator[OtherRobots]:
    robots = OtherRobots()
    application = web.Application()
    application.router.add_post("/cgi-bin/webhook/send", robots.wecom)
    application.router.add_post("/open-apis/bot/v2/hook/token", robots.feishu)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    robots.wecom_url = f"{base}/cgi-bin/webhook/send?key={ACCESS_TOKEN}"
    robots.feishu_url = f"{base}/open-apis/bot/v2/hook/token"
    yield robots
    await runner.cleanup()


class PostOffice:
    """A server for SMTP that takes every letter."""

    def __init__(self) -> None:
        self.url = ""
        self.letters: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).strip().upper():
            if line == b"DATA":
                writer.write(b"354 go on\r\n")
                letter = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(letter)
            writer.write(b"221 bye\r\n" if line == b"QUIT" else b"250 ok\r\n")
            if line == b"QUIT":
                break
        writer.close()


@asynccontextmanager
async def running_post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0)
    office.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield office
