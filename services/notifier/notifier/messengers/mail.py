"""E-mail by SMTP, when nothing else gets through."""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from notifier.domain.messages import Message, MessageFailed, destination_of

TIMEOUT_S: Final = 10.0
IMPLICIT_TLS: Final = "smtps"


class Mail:
    """`url`: `smtps://user:password@host:465`, or `smtp://…` (STARTTLS where it is offered; asked
    for where there is a password)."""

    name: Final = "mail"

    def __init__(self, url: SecretStr, sender: str, receivers: Sequence[str]) -> None:
        self._url = url
        self._sender = sender
        self._receivers = receivers
        self.destination = destination_of(",".join(receivers))

    async def send(self, message: Message) -> None:
        letter = EmailMessage()
        letter["Subject"] = message.title
        letter["From"] = self._sender
        letter["To"] = ", ".join(self._receivers)
        letter.set_content(message.text)
        try:
            await asyncio.to_thread(self._hand_over, letter)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise MessageFailed(f"{type(error).__name__}") from error

    def _hand_over(self, letter: EmailMessage) -> None:
        parts = urlsplit(self._url.get_secret_value())
        host, tls = parts.hostname or "", ssl.create_default_context()
        if parts.scheme == IMPLICIT_TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT_S, context=tls
            )
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_S)
        with server:
            server.ehlo()
            if parts.scheme != IMPLICIT_TLS and (parts.username or server.has_extn("starttls")):
                server.starttls(context=tls)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(letter)
