"""The five services and the sandbox as programs: who they are, and what each is told."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from paymesh_local import processes
from paymesh_local.keyring import Keyring
from paymesh_local.ports import LOOPBACK, Ports
from paymesh_local.processes import Program


@dataclass(frozen=True, slots=True)
class Service:
    """One of the five. `database`: its own, or None; `front`: called from outside, too, at a port
    of its own. `owner`: the role that owns and migrates the database, where that is another than
    the service's."""

    name: str
    chinese: str
    database: str | None
    front: bool
    owner: str | None = None

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")


SERVICES: Final = (
    Service("trade-core", "交易核心", "trade_core", front=False),
    Service(
        "merchant-admin", "商户管理", "merchant_admin", front=True, owner="merchant_admin_owner"
    ),
    Service("notifier", "通知", "notifier", front=False),
    Service("gateway", "网关", None, front=True),
    Service("cashier", "收银台", None, front=True),
)
DATABASES: Final = tuple(service.database for service in SERVICES if service.database)
SANDBOX: Final = "sandbox"

DRAIN: Final = "PAYMESH_DRAIN_S"
"""There is no other replica that callers could go to while one stops."""

EMBEDDED_SESSION_MS: Final = 3000
"""The embedded broker lets a successor wait for the whole session of the one that died."""

EMBEDDED_FETCH_WAIT_MS: Final = 50
"""The embedded broker answers a fetch only when its wait is over, also when there is a record."""

KAFKA_SESSION_MS: Final = 6000
"""Kafka's own minimum; a member with a name is succeeded at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the programs of one stack depend on; pure."""

    ports: Ports
    keyring: Keyring
    database_urls: Mapping[str, str]
    owner_urls: Mapping[str, str]
    kafka_bootstrap: str
    broker_is_embedded: bool
    local_dir: Path
    tracing: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Where the world finds it."""
        return f"http://{LOOPBACK}:{self.port(name)}"

    def private_url(self, name: str) -> str:
        """Where the other services, probes and scrapers find it."""
        return f"http://{LOOPBACK}:{self.port(f'private-{name}')}"

    def port(self, name: str) -> int:
        """Of a service by its name, `private-…` of its private one."""
        port: int = getattr(self.ports, name.replace("-", "_"))
        return port

    def service(self, service: Service) -> Program:
        return self._python(service.name, service.package, environment=self.environment(service))

    def migrations(self, service: Service) -> Program:
        """Brings the service's database to the newest version, then ends."""
        module = f"{service.package}.migrations"
        environment = self._store(service)
        if service.owner is not None and service.database is not None:
            environment = {
                "PAYMESH_DATABASE_URL": self.owner_urls[service.database],
                "PAYMESH_SERVICE_ROLE": service.database,
            }
        return self._python(f"{service.name}-migrations", module, environment=environment)

    def republish(self) -> Program:
        """Tells the last hour of events again, to a broker that has forgotten it."""
        database = {"PAYMESH_DATABASE_URL": self.database_urls["trade_core"]}
        command = ("trade_core.republish", "--since-hours", "1")
        return self._python("republish", *command, environment=database)

    def sandbox(self) -> Program:
        state = self.local_dir / SANDBOX
        return self._python(
            SANDBOX, "sandbox", "--port", str(self.ports.sandbox), "--state-dir", str(state),
            "--public-url", self.url(SANDBOX),
        )  # fmt: skip

    def environment(self, service: Service) -> dict[str, str]:
        shared = {
            "PAYMESH_HOST": LOOPBACK,
            "PAYMESH_PRIVATE_PORT": str(self.port(f"private-{service.name}")),
            DRAIN: "0",
        }
        if service.front:
            shared["PAYMESH_PORT"] = str(self.port(service.name))
        return {
            **shared,
            **self.tracing,
            **self._tokens(service.name),
            **self._bus(service),
            **self._store(service),
            **self._own(service),
        }

    def _tokens(self, name: str) -> dict[str, str]:
        """What it shows to those it calls, and what it accepts."""
        tokens = self.keyring.tokens
        shown = {
            f"PAYMESH_{called.replace('-', '_').upper()}_TOKEN": of_caller[name]
            for called, of_caller in tokens.items()
            if name in of_caller
        }
        if name not in tokens:
            return shown
        accepted = ",".join(f"{caller}:{token}" for caller, token in tokens[name].items())
        return {
            **shown,
            "PAYMESH_ACCEPTED_TOKENS": accepted,
            "PAYMESH_OPERATOR_TOKEN": self.keyring.service_token,
            "PAYMESH_ALLOW_OPERATOR": "true",
        }

    def _bus(self, service: Service) -> dict[str, str]:
        session_ms = EMBEDDED_SESSION_MS if self.broker_is_embedded else KAFKA_SESSION_MS
        bus = {
            "PAYMESH_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "PAYMESH_KAFKA_SECURITY": "plain",
            "PAYMESH_KAFKA_SESSION_TIMEOUT_MS": str(session_ms),
        }
        if self.broker_is_embedded:
            return {**bus, "PAYMESH_KAFKA_FETCH_WAIT_MS": str(EMBEDDED_FETCH_WAIT_MS)}
        # The embedded broker makes a named member wait even after a clean stop.
        return {**bus, "PAYMESH_MEMBER_ID": service.name}

    def _store(self, service: Service) -> dict[str, str]:
        if service.database is None:
            return {}
        return {"PAYMESH_DATABASE_URL": self.database_urls[service.database]}

    def _own(self, service: Service) -> dict[str, str]:
        keyring = self.keyring
        match service.name:
            case "gateway":
                return {
                    "PAYMESH_TRADE_CORE_URL": self.private_url("trade-core"),
                    "PAYMESH_NOTIFIER_URL": self.private_url("notifier"),
                    "PAYMESH_PUBLIC_URL": self.url("gateway"),
                    "PAYMESH_CASHIER_URL": self.url("cashier"),
                    "PAYMESH_SEALING_KEY": keyring.gateway_sealing.private_key,
                    "PAYMESH_CHECKOUT_KEY": keyring.checkout_key,
                    "PAYMESH_RECORD_KEYS": keyring.record_key,
                    "PAYMESH_CONFIGURATION_PUBLIC_KEYS": keyring.configuration_signing.public_key,
                    "PAYMESH_CHANNEL_URLS": "any",
                    "PAYMESH_EXPLAIN_SIGNATURES": "true",
                    "PAYMESH_CONFIGURATION_SNAPSHOT": self._snapshot("gateway"),
                }
            case "trade-core":
                return {
                    "PAYMESH_NOTIFIER_URL": self.private_url("notifier"),
                    "PAYMESH_RECORD_KEYS": keyring.record_key,
                    "PAYMESH_CONFIGURATION_PUBLIC_KEYS": keyring.configuration_signing.public_key,
                    "PAYMESH_CONFIGURATION_SNAPSHOT": self._snapshot("trade-core"),
                }
            case "notifier":
                return {
                    "PAYMESH_SEALING_KEY": keyring.notifier_sealing.private_key,
                    "PAYMESH_CONFIGURATION_PUBLIC_KEYS": keyring.configuration_signing.public_key,
                    "PAYMESH_CONFIGURATION_SNAPSHOT": self._snapshot("notifier"),
                    "PAYMESH_CALLBACK_ALLOW_CIDRS": "127.0.0.0/8",
                    "PAYMESH_CALLBACK_PORTS": "443,80,1024-65535",
                    "PAYMESH_WATCHED_SERVICES": ",".join(
                        f"{each.name}={self.private_url(each.name)}"
                        for each in SERVICES
                        if each.name != "notifier"
                    ),
                    **self.people,
                }
            case "merchant-admin":
                return {
                    "PAYMESH_GATEWAY_SEALING_PUBLIC_KEY": keyring.gateway_sealing.public_key,
                    "PAYMESH_NOTIFIER_SEALING_PUBLIC_KEY": keyring.notifier_sealing.public_key,
                    "PAYMESH_CONFIGURATION_KEY": keyring.configuration_signing.private_key,
                    "PAYMESH_ADMIN_USERNAME": "admin",
                    "PAYMESH_ADMIN_PASSWORD": keyring.admin_password,
                    "PAYMESH_SESSION_KEY": keyring.session_key,
                    "PAYMESH_ADMIN_TOTP": "optional",
                    "PAYMESH_CONSOLE_URL": self.url("merchant-admin"),
                    "PAYMESH_GATEWAY_URL": self.private_url("gateway"),
                    "PAYMESH_TRADE_CORE_URL": self.private_url("trade-core"),
                    "PAYMESH_NOTIFIER_URL": self.private_url("notifier"),
                }
            case "cashier":
                return {
                    "PAYMESH_GATEWAY_URL": self.private_url("gateway"),
                    "PAYMESH_NOTIFIER_URL": self.private_url("notifier"),
                }
            case _:
                return {}

    def _snapshot(self, name: str) -> str:
        return str(self.local_dir / f"{name}-configuration")

    def _python(
        self, name: str, *module_and_arguments: str, environment: Mapping[str, str] | None = None
    ) -> Program:
        return Program(
            name=name,
            command=processes.tied((sys.executable, "-m", *module_and_arguments)),
            log=self.local_dir / "logs" / f"{name}.log",
            environment=environment or {},
        )
