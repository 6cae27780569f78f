"""How a client reaches Kafka: where it is, and how both sides prove who they are."""

import ssl
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import structlog
from pydantic import SecretStr

log = structlog.get_logger()

Security = Literal["tls", "sasl", "plain"]


@dataclass(frozen=True, slots=True)
class Broker:
    """`tls`: over TLS, with a certificate of ours where `certificate_file` (with its key) is given.
    `sasl`: over TLS, with name and password (SCRAM-SHA-512). `plain`: neither; for one's own
    machine. `ca_file`: whom to trust besides the public authorities.
    """

    bootstrap: str
    security: Security = "plain"
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    username: str = ""
    password: SecretStr = field(default=SecretStr(""), repr=False)

    def options(self) -> dict[str, Any]:
        """What every client of aiokafka is made with."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap}
        if self.security == "plain":
            _say_plain(self.bootstrap)
            return options
        options["ssl_context"] = self._trust()
        if self.security == "tls":
            return {**options, "security_protocol": "SSL"}
        return {
            **options,
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password.get_secret_value(),
        }

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


def options_of(broker: Broker | str) -> dict[str, Any]:
    """`Broker.options`; a bare address is one that is reached in plain."""
    return broker.options() if isinstance(broker, Broker) else {"bootstrap_servers": broker}


@cache
def _say_plain(bootstrap: str) -> None:
    """Once: while Kafka is away, clients are made anew all the time."""
    log.warning("kafka.plain", bootstrap=bootstrap)
