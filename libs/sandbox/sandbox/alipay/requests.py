"""What merchants may ask for when they open an Alipay trade, field by field.

Sources: opendocs.alipay.com/open/02ekfg (precreate), 02ekfj (create), 028r8t (page), 02ivbs (wap),
02e7gq (app), 02ekfp (pay)
"""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from sandbox.alipay.wire import Asked, refused
from sandbox.clock import BEIJING, DAY_S, now, read_beijing_text
from sandbox.money import fen

MAX_AMOUNT = 100_000_000_00  # fen
MAX_LIFE_S = 15 * DAY_S
FACE_TO_FACE_LIFE_S = 3 * 3600
MAX_URL, MAX_QUIT_URL = 256, 400

_NUMBER = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_RELATIVE = re.compile(r"(\d{1,5})([mhd])|1c", re.ASCII)
_UNIT_S = {"m": 60, "h": 3600, "d": DAY_S}
_PRODUCT_CODES = {
    "precreate": ("FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE", ""),
    "create": ("JSAPI_PAY", "FACE_TO_FACE_PAYMENT", ""),
    "pay": ("FACE_TO_FACE_PAYMENT", "OFFLINE_PAYMENT", ""),
    "page": ("FAST_INSTANT_TRADE_PAY",),
    "wap": ("QUICK_WAP_WAY", "QUICK_WAP_PAY"),  # the second is what old SDKs still send
    "app": ("QUICK_MSECURITY_PAY", ""),
}
_FACE_TO_FACE = ("precreate", "pay")
_HANDED_OVER = ("page", "wap", "app")


@dataclass(frozen=True, slots=True)
class TradeRequest:
    """A checked request for a trade."""

    product: str
    number: str
    amount: int
    subject: str
    notify_url: str
    return_url: str
    quit_url: str
    passback_params: str
    body: str
    expires_at: float
    buyer_open_id: str

    @property
    def fingerprint(self) -> str:
        """What must stay the same while the number is used again."""
        content = f"{self.product}\n{self.amount}\n{self.subject}"
        return hashlib.sha256(content.encode()).hexdigest()


def read_request(asked: Asked, product: str) -> TradeRequest:
    """Raises the refusals Alipay has for wrong parameters."""
    if asked.text("product_code", 64) not in _PRODUCT_CODES[product]:
        raise refused("INVALID_PARAMETER", "参数无效：product_code")
    _check_business_params(asked, product)
    return TradeRequest(
        product=product,
        number=read_number(asked),
        amount=_read_amount(asked),
        subject=_read_subject(asked),
        notify_url=_read_url(asked.params.get("notify_url", ""), "notify_url"),
        return_url=_read_url(asked.params.get("return_url", ""), "return_url"),
        quit_url=_read_url(asked.text("quit_url", MAX_QUIT_URL), "quit_url", MAX_QUIT_URL),
        passback_params=asked.text("passback_params", 512),
        body=asked.text("body", 128),
        expires_at=_read_expiry(asked, product),
        buyer_open_id=asked.text("buyer_open_id", 128),
    )


def read_number(asked: Asked) -> str:
    number = asked.biz.get("out_trade_no")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise refused("INVALID_PARAMETER", "参数无效：out_trade_no")
    return number


def _read_amount(asked: Asked) -> int:
    amount = fen(asked.biz.get("total_amount"))
    if not amount:
        raise refused("INVALID_PARAMETER", "参数无效：total_amount")
    if amount > MAX_AMOUNT:
        raise refused("TOTAL_FEE_EXCEED", "订单总金额超过限额")
    return amount


def _read_subject(asked: Asked) -> str:
    subject = asked.text("subject", 256)
    if not subject or any(sign in subject for sign in "/=&"):
        raise refused("INVALID_PARAMETER", "参数无效：subject")
    return subject


def _check_business_params(asked: Asked, product: str) -> None:
    """An object for calls between servers; JSON text for what browsers and phones carry."""
    params = asked.biz.get("business_params")
    if params is None:
        return
    if product in _HANDED_OVER:
        try:
            params = orjson.loads(params) if isinstance(params, str) else None
        except orjson.JSONDecodeError:
            params = None
    if not isinstance(params, dict):
        raise refused("INVALID_PARAMETER", "参数无效：business_params")


def _read_url(url: str, field: str, limit: int = MAX_URL) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or len(url) > limit):
        raise refused("INVALID_PARAMETER", f"参数无效：{field}")
    return url


def _read_expiry(asked: Asked, product: str) -> float:
    at = now()
    absolute, relative = asked.text("time_expire", 32), asked.text("timeout_express", 6)
    if absolute:
        return _read_absolute(absolute, at)
    if relative:
        return _read_relative(relative, at)
    return at + (FACE_TO_FACE_LIFE_S if product in _FACE_TO_FACE else MAX_LIFE_S)


def _read_absolute(text: str, at: float) -> float:
    try:
        expires_at = read_beijing_text(text)
    except ValueError as error:
        raise refused("INVALID_PARAMETER", "参数无效：time_expire") from error
    if expires_at <= at:
        raise refused("NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "当前时间已超过订单过期时间")
    if expires_at > at + MAX_LIFE_S + 60:
        raise refused("INVALID_PARAMETER", "参数无效：time_expire")
    return expires_at


def _read_relative(text: str, at: float) -> float:
    match = _RELATIVE.fullmatch(text)
    if match is None:
        raise refused("INVALID_PARAMETER", "参数无效：timeout_express")
    if text == "1c":
        into_day_s = (at + BEIJING.utcoffset(None).total_seconds()) % DAY_S
        return at - into_day_s + DAY_S
    life_s = int(match[1]) * _UNIT_S[match[2]]
    if not 60 <= life_s <= MAX_LIFE_S:
        raise refused("INVALID_PARAMETER", "参数无效：timeout_express")
    return at + life_s
