"""Settings come from the environment, once, typed; what is unknown or missing stops the start."""

import os
import re
from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from chassis.broker import Broker, Security

PREFIX = "PAYMESH_"

LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)]


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
"""CIDRs, separated by commas."""


MIN_TOKEN_LENGTH: Final = 32
TOKENS_OF_CALLER: Final = 2
KEYS_AT_A_TIME: Final = 2
OPERATOR: Final = "operator"
"""Who may call everything, on a machine of one's own."""

_TOKEN: Final = re.compile(r"[!-+\--~]{32,512}")
"""Visible characters without the comma, which separates."""

Token = Annotated[SecretStr, AfterValidator(lambda token: _long_enough(token))]
"""What a service shows to another one."""


@dataclass(frozen=True, slots=True)
class AcceptedToken:
    """`caller`: the name of the service that shows it."""

    caller: str
    token: SecretStr


def _long_enough(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError(f"a token has at least {MIN_TOKEN_LENGTH} visible characters, no comma")
    return token


def _accepted(value: object) -> object:
    if not isinstance(value, str):
        return value
    tokens = []
    for entry in value.split(","):
        caller, separator, text = entry.strip().partition(":")
        if not (caller and separator):
            raise ValueError("is caller:token, separated by commas")
        try:
            tokens.append(AcceptedToken(caller, _long_enough(SecretStr(text))))
        except ValueError as error:
            raise ValueError(f"{caller}: {error}") from None
    return tuple(tokens)


def _of_one_caller_each(tokens: tuple[AcceptedToken, ...]) -> tuple[AcceptedToken, ...]:
    if not tokens:
        raise ValueError("nobody could call")
    if len({each.token.get_secret_value() for each in tokens}) < len(tokens):
        raise ValueError("two entries have the same token")
    for caller, count in Counter(each.caller for each in tokens).items():
        if caller == OPERATOR:
            raise ValueError(f"the {OPERATOR} has a setting of its own")
        if count > TOKENS_OF_CALLER:
            raise ValueError(f"{caller}: at most {TOKENS_OF_CALLER} tokens at a time")
    return tokens


def _apart(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(SecretStr(part.strip()) for part in value.split(","))


def _of_some_length(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not 1 <= len(keys) <= KEYS_AT_A_TIME:
        raise ValueError(f"is one key, or {KEYS_AT_A_TIME} separated by a comma")
    if any(len(key.get_secret_value()) < MIN_TOKEN_LENGTH for key in keys):
        raise ValueError(f"a key has at least {MIN_TOKEN_LENGTH} characters")
    return keys


RotatedKeys = Annotated[
    tuple[SecretStr, ...], NoDecode, BeforeValidator(_apart), AfterValidator(_of_some_length)
]
"""Keys of a MAC: the first signs, both are believed while one replaces the other."""

AcceptedTokens = Annotated[
    tuple[AcceptedToken, ...],
    NoDecode,
    BeforeValidator(_accepted),
    AfterValidator(_of_one_caller_each),
]
"""As `caller:token,caller:token`; two of the same caller while one is exchanged for the next."""


class Settings(BaseSettings):
    """What every service reads; a service adds its own fields. Secrets have no default.

    `private_port`: where health, metrics and `/internal` are, for our own network alone.
    `head_limit_s`, `body_limit_s`: how long a request's head, then its body, may take to arrive.
    `drain_s`: how long requests are still taken after SIGTERM, while callers go elsewhere.

    `kafka_security`: `tls` (with `kafka_certificate_file` and `kafka_key_file`, where clients prove
    themselves by a certificate), `sasl` (TLS, and name and password), or `plain`, which has to be
    asked for. `member_id` names this replica to Kafka, so that its partitions wait for it.

    `otlp_endpoint`: of a collector, to which traces are sent; none are where it is not set.
    `trace_share`: of the traces that begin here; those that come with a call say so themselves.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    private_port: int
    log_level: LogLevel = "INFO"
    head_limit_s: Annotated[float, Field(gt=0)] = 5.0
    body_limit_s: Annotated[float, Field(gt=0)] = 10.0
    drain_s: Annotated[float, Field(ge=0, le=30)] = 3.0
    kafka_bootstrap: str
    kafka_security: Security = "tls"
    kafka_ca_file: Path | None = None
    kafka_certificate_file: Path | None = None
    kafka_key_file: Path | None = None
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_session_timeout_ms: int = 30_000
    kafka_fetch_wait_ms: int = 500
    member_id: str | None = None
    otlp_endpoint: Annotated[str, Field(pattern=r"^https?://[^/]")] | None = None
    trace_share: Annotated[float, Field(ge=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _name_and_password(self) -> Self:
        has_both = bool(self.kafka_username and self.kafka_password.get_secret_value())
        if self.kafka_security == "sasl" and not has_both:
            raise ValueError("kafka_security=sasl needs kafka_username and kafka_password")
        return self

    def broker(self) -> Broker:
        return Broker(
            self.kafka_bootstrap,
            self.kafka_security,
            ca_file=self.kafka_ca_file,
            certificate_file=self.kafka_certificate_file,
            key_file=self.kafka_key_file,
            username=self.kafka_username,
            password=self.kafka_password,
        )


class PublicSettings(Settings):
    """Of a service that is called from outside, too, at `port`. `trusted_proxies`: whose
    X-Forwarded-For is believed, and who may have as many requests on their way as they like."""

    port: int
    trusted_proxies: Networks = ()

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`trusted_proxies` also as a dual-stack socket calls an IPv4 peer (`::ffff:10.0.0.1`)."""
        return self.trusted_proxies + tuple(
            IPv6Network(f"::ffff:{each.network_address}/{96 + each.prefixlen}")
            for each in self.trusted_proxies
            if isinstance(each, IPv4Network)
        )


class CallingSettings(Settings):
    """Of a service that calls others of ours. `connection_age_s`: how long a connection to another
    service takes calls, so that a new replica of that one gets its share."""

    connection_age_s: Annotated[float, Field(ge=45)] = 60.0  # Made anew more often, they cost CPU.


class AlertingSettings(Settings):
    """Of a service whose alerts reach people through the notifier (`notifier_url`, with our token
    for it) where Kafka does not take them; both or neither."""

    notifier_url: Annotated[str, Field(pattern=r"^https?://[^/]")] | None = None
    notifier_token: Token | None = None

    @model_validator(mode="after")
    def _require_both_or_neither(self) -> Self:
        if (self.notifier_url is None) != (self.notifier_token is None):
            raise ValueError("notifier_url and notifier_token belong together")
        return self


class StoringSettings(Settings):
    """Of a service with a database. `database_pool`: how many connections to it a replica has at
    most, besides the few for its locks. `read_database_url`: a read replica, for lists and for
    whatever else may be some moments old; without one that is read where everything else is."""

    database_url: SecretStr
    read_database_url: SecretStr | None = None
    database_pool: Annotated[int, Field(ge=2, le=100)] = 10


class CalledSettings(Settings):
    """Of a service that others of ours call. `operator_token` opens everything; it is refused
    unless `allow_operator` says that this is a machine of one's own."""

    accepted_tokens: AcceptedTokens
    operator_token: Token | None = None
    allow_operator: bool = False

    @model_validator(mode="after")
    def _operator_is_meant(self) -> Self:
        if self.operator_token is not None and not self.allow_operator:
            raise ValueError("operator_token is refused without allow_operator")
        return self

    def tokens(self) -> tuple[AcceptedToken, ...]:
        """All that are accepted."""
        if self.operator_token is None:
            return self.accepted_tokens
        return (*self.accepted_tokens, AcceptedToken(OPERATOR, self.operator_token))


SET_BY_IMAGES: Final = frozenset({"PAYMESH_HOST"})
"""What the images set for whatever is started in them, migrations too, which listen nowhere."""

S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """The settings of this process. Exits with one line per problem, never showing a value."""
    known = {PREFIX + name.upper() for name in kind.model_fields} | SET_BY_IMAGES
    unknown = sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )
    problems = [f"{name}: unknown setting" for name in unknown]
    try:
        settings = kind()
    except ValidationError as error:
        problems += [f"{_variable(e['loc'])}: {e['msg']}" for e in error.errors()]
    except SettingsError as error:
        problems.append(str(error))
    else:
        if not problems:
            return settings
    raise SystemExit("\n".join(["The settings are not usable:", *problems]))


def _variable(location: tuple[int | str, ...]) -> str:
    if not location:
        return "settings"
    first, *rest = location
    return PREFIX + str(first).upper() + "".join(f"[{step}]" for step in rest)
