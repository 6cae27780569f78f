"""What the programs of the floor and the stock ones are made of: the channel's wire, the bus, a
server, and the callback's signature."""

import argparse
import asyncio
import base64
import hmac
import json
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import uuid4

import uvicorn
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paymesh_local.services import EMBEDDED_FETCH_WAIT_MS

KEEP_ALIVE_S: Final = 75
"""Longer than any pause between two runs, as ours: no client meets a connection that just ends."""

PAY_PATH: Final = "/v3/pay/transactions/native"


@dataclass(frozen=True, slots=True)
class Wechat:
    """The sandbox's WeChat account, keys parsed once."""

    base_url: str
    mchid: str
    appid: str
    serial: str
    key: RSAPrivateKey
    platform: RSAPublicKey
    apiv3: AESGCM

    @classmethod
    def of(cls, section: dict[str, str]) -> "Wechat":
        key = serialization.load_pem_private_key(
            section["merchant_private_key_pem"].encode(), password=None
        )
        platform = serialization.load_pem_public_key(section["platform_public_key_pem"].encode())
        if not isinstance(key, RSAPrivateKey) or not isinstance(platform, RSAPublicKey):
            raise TypeError("the sandbox gives RSA keys")
        return cls(
            section["base_url"],
            section["mchid"],
            section["appid"],
            section["merchant_serial_no"],
            key,
            platform,
            AESGCM(section["apiv3_key"].encode()),
        )

    def signed_headers(self, path: str, body: bytes) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), uuid4().hex
        text = f"POST\n{path}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = base64.b64encode(self.key.sign(text, PKCS1v15(), hashes.SHA256())).decode()
        return {
            "Authorization": f'WECHATPAY2-SHA256-RSA2048 mchid="{self.mchid}",'
            f'nonce_str="{nonce}",signature="{signature}",timestamp="{stamp}",'
            f'serial_no="{self.serial}"',
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "paymesh-bench-floor",
        }

    def verify(self, stamp: str, nonce: str, body: bytes, signature: str) -> None:
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        self.platform.verify(base64.b64decode(signature), text, PKCS1v15(), hashes.SHA256())

    def call(self, payment_no: str, notify_url: str) -> bytes:
        """The body of a call for a QR code."""
        return json.dumps(
            {
                "appid": self.appid,
                "mchid": self.mchid,
                "description": "物业费 11月",
                "out_trade_no": payment_no,
                "notify_url": notify_url,
                "amount": {"total": 1299, "currency": "CNY"},
            }
        ).encode()

    def paid(self, headers: Mapping[str, str], body: bytes) -> str:
        """The payment of a notification that proves its sender."""
        self.verify(
            headers["wechatpay-timestamp"],
            headers["wechatpay-nonce"],
            body,
            headers["wechatpay-signature"],
        )
        resource = json.loads(body)["resource"]
        plain = self.apiv3.decrypt(
            resource["nonce"].encode(),
            base64.b64decode(resource["ciphertext"]),
            resource.get("associated_data", "").encode(),
        )
        payment_no: str = json.loads(plain)["out_trade_no"]
        return payment_no


def is_signed(secret: bytes, authorization: str, body: bytes) -> bool:
    """Whether an app's request proves its sender."""
    members = dict(part.split("=", 1) for part in authorization.split(" ", 1)[1].split(","))
    stamp, nonce = members["timestamp"].strip('"'), members["nonce"].strip('"')
    text = f"POST\n/v1/payments\n{stamp}\n{nonce}\n".encode() + body + b"\n"
    signature = base64.b64decode(members["signature"].strip('"'))
    return hmac.compare_digest(hmac.digest(secret, text, "sha256"), signature)


def callback(event: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of what an app is told."""
    data = {"merchant_order_no": event["number"], "filler": event["filler"]}
    body = json.dumps({"type": "payment.succeeded", "data": data}).encode()
    stamp = str(int(time.time()))
    text = f"{event['id']}.{stamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(b"secret", text, "sha256")).decode()
    headers = {
        "webhook-id": event["id"],
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + signature,
        "content-type": "application/json",
    }
    return body, headers


def producer(bootstrap: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=2, compression_type="lz4"
    )


def consumer(bootstrap: str, topic: str, group: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=EMBEDDED_FETCH_WAIT_MS,
    )


def kept(loop: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run it beside the server; its failure is told."""
    task = asyncio.create_task(loop)
    task.add_done_callback(lambda done: done.result())
    return task


class Part(Protocol):
    """One program: what it opens before it listens, and the ASGI application it is."""

    async def start(self) -> None: ...

    @property
    def app(self) -> Any: ...


def main(**parts: Callable[[dict[str, Any]], Part]) -> None:
    """Serve the part that is named by the command; settings by `BENCH_PART`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=parts)
    settings = json.loads(os.environ["BENCH_PART"])
    name = parser.parse_args().part
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(parts[name](settings), settings[f"{name}_port"]))


async def _serve(part: Part, port: int) -> None:
    await part.start()
    config = uvicorn.Config(
        part.app,
        host="127.0.0.1",
        port=port,
        http="httptools",
        interface="asgi3",
        lifespan="off",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        log_level="warning",
    )
    await uvicorn.Server(config).serve()
