"""What states and methods are called; what channels are, the gateway tells (`flows.channels`)."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "state.active": ("启用", "Active"),
    "state.disabled": ("停用", "Disabled"),
    "state.initiating": ("发起中", "Initiating"),
    "state.pending": ("待支付", "Pending"),
    "state.unknown": ("未知", "Unknown"),
    "state.succeeded": ("成功", "Succeeded"),
    "state.failed": ("失败", "Failed"),
    "state.closed": ("已关闭", "Closed"),
    "state.conflicted": ("异常待查", "Conflicted"),
    "state.open": ("待支付", "Open"),
    "state.paid": ("已支付", "Paid"),
    "state.partly_refunded": ("部分退款", "Partly refunded"),
    "state.refunded": ("已全额退款", "Wholly refunded"),
    "state.processing": ("处理中", "Processing"),
    "state.returned": ("已退回", "Returned"),
    "state.abnormal": ("退款异常", "Abnormal"),
    "state.delivered": ("已送达", "Delivered"),
    "state.exhausted": ("未送达", "Not delivered"),
    "method.native": ("扫码", "QR code"),
    "method.jsapi": ("公众号", "JSAPI"),
    "method.mini_program": ("小程序", "Mini program"),
    "method.app": ("App", "App"),
    "method.h5": ("H5", "H5"),
    "method.pc": ("电脑网站", "Web page"),
    "method.barcode": ("付款码", "Payment code"),
    "method.cashier": ("收银台", "Cashier"),
}
