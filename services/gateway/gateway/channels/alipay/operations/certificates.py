"""A certificate of Alipay that an answer names and the account does not know yet.

It is believed because it leads to the registered root, bears the name that was asked for, and is
valid now; and the answer that brings it is signed with it, or with one that was known.

Source: opendocs.alipay.com/common/02km9f (alipay.open.app.alipaycert.download)
"""

import base64
import re
from dataclasses import replace
from typing import Final

from cryptography.x509 import Certificate

from gateway.channels import rsa
from gateway.channels.alipay import wire
from gateway.channels.alipay.certificates import serial_name
from gateway.channels.alipay.codes import SUCCESS
from gateway.channels.alipay.credentials import Account
from gateway.channels.certificate_chains import is_trusted
from gateway.channels.formats import json_object, text, text_or_digits
from gateway.channels.plugin import Call, Moment, Reply, Unverifiable

METHOD: Final = "alipay.open.app.alipaycert.download"
NAME: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
TIMEOUT_S: Final = 4.0


def call(serial: str, account: Account) -> Call | None:
    """Only in certificate mode, and only a certificate by its name."""
    if not account.alipay_roots or not NAME.fullmatch(serial):
        return None
    return Call("POST", METHOD, body={"alipay_cert_sn": serial}, timeout_s=TIMEOUT_S)


def learn(reply: Reply, asked: Call, account: Account, moment: Moment) -> Account:
    """The account with this certificate's key beside those it had."""
    certificate = _read(reply, account)
    serial = serial_name(certificate)
    if asked.body is None or serial != asked.body["alipay_cert_sn"]:
        raise Unverifiable("not the certificate that was asked for")
    if not certificate.not_valid_before_utc <= moment.now <= certificate.not_valid_after_utc:
        raise Unverifiable("the certificate is not valid now")
    keys = {**account.alipay_keys, serial: rsa.certified_key(certificate)}
    taught = replace(account, alipay_keys=keys)
    wire.verify(reply, asked, taught, moment)
    return taught


def _read(reply: Reply, account: Account) -> Certificate:
    parts, name = json_object(reply.body), wire.node_name(METHOD)
    if text_or_digits(parts, name, "code") != SUCCESS:
        raise Unverifiable("Alipay does not give its certificate")
    content = base64.b64decode(text(parts, name, "alipay_cert_content"), validate=True)
    chain = rsa.certificates(content.decode())
    if not is_trusted(chain, account.alipay_roots):
        raise Unverifiable("the certificate does not lead to the root")
    return chain[0]
