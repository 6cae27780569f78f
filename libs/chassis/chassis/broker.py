"""How a client reaches Kafka: where it is, and how both sides prove who they are."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import structlog
from pydantic import SecretStr

log = structlog.get_logger()

RECONNECT_MAX_MS: Final = 1_000
"""A broker that is back is found within a second."""

Security = Literal["tls", "sasl", "plain"]


@dataclass(frozen=True, slots=True)
class Broker:
    """`tls`: over TLS, with a certificate of ours where `certificate_file` (with its key) is given.
    `sasl`: over TLS, with name and password (SCRAM-SHA-512). `plain`: neither; for one's own
    machine. `ca_file`: whom to trust instead of the public authorities.
    """

    bootstrap: str
    security: Security = "plain"
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    username: str = ""
    password: SecretStr = field(default=SecretStr(""), repr=False)

    def options(self) -> dict[str, Any]:
        """What every client of librdkafka is made with."""
        options: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap,
            "socket.keepalive.enable": True,
            "reconnect.backoff.max.ms": RECONNECT_MAX_MS,
            "logger": logging.getLogger("rdkafka"),
        }
        if self.security == "plain":
            log.warning("kafka.plain", bootstrap=self.bootstrap)
            return options
        options["security.protocol"] = "SSL" if self.security == "tls" else "SASL_SSL"
        files = {
            "ssl.ca.location": self.ca_file,
            "ssl.certificate.location": self.certificate_file,
            "ssl.key.location": self.key_file,
        }
        options |= {name: str(path) for name, path in files.items() if path is not None}
        if self.security == "sasl":
            options |= {
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": self.username,
                "sasl.password": self.password.get_secret_value(),
            }
        return options


def options_of(broker: Broker | str) -> dict[str, Any]:
    """`Broker.options`; a bare address is one that is reached in plain."""
    return (broker if isinstance(broker, Broker) else Broker(broker)).options()
