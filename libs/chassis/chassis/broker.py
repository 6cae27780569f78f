"""How a client reaches Kafka: where it is, and how both sides prove who they are."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

import structlog
from pydantic import SecretStr

log = structlog.get_logger()

METADATA_AGE_MS: Final = 10_000
"""Topics that come after their brokers, as where Kafka is made anew, are found so soon."""

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
        options = options_of(self.bootstrap)
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

    def follow(self, context: ssl.SSLContext | None) -> None:
        """Have a client that goes on connect by the files as they are now: whoever exchanges
        certificates writes them anew. `context`: of the client's `options`; None where it has
        none. Asks the disk for their times alone while nothing has changed."""
        if context is None or _READ.get(context) == (times := self._times()):
            return
        _READ[context] = times
        try:
            self._read_files(context)
        except (OSError, ssl.SSLError) as error:  # half written: the other half changes its time
            log.warning("kafka.certificates_unreadable", reason=repr(error))
        else:
            log.info("kafka.certificates_read_anew")

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        _READ[context] = self._times()
        self._read_files(context)
        return context

    def _read_files(self, context: ssl.SSLContext) -> None:
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)

    def _times(self) -> tuple[int, ...]:
        files = (self.ca_file, self.certificate_file, self.key_file)
        try:
            return tuple(each.stat().st_mtime_ns for each in files if each is not None)
        except OSError:
            return ()


_READ: Final[WeakKeyDictionary[ssl.SSLContext, tuple[int, ...]]] = WeakKeyDictionary()
"""When the files were written from which each client's context was last read."""


def follow(broker: Broker | str, options: Mapping[str, Any]) -> None:
    """`Broker.follow` for a client that was made with these options."""
    if isinstance(broker, Broker):
        broker.follow(options.get("ssl_context"))


def options_of(broker: Broker | str) -> dict[str, Any]:
    """`Broker.options`; a bare address is one that is reached in plain."""
    if isinstance(broker, Broker):
        return broker.options()
    return {"bootstrap_servers": broker, "metadata_max_age_ms": METADATA_AGE_MS}


@cache
def _say_plain(bootstrap: str) -> None:
    """Once: while Kafka is away, clients are made anew all the time."""
    log.warning("kafka.plain", bootstrap=bootstrap)
