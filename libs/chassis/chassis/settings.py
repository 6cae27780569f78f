"""Settings come from the environment, once, typed; what is unknown or missing stops the start."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

PREFIX = "PAYMESH_"

LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)]


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
"""CIDRs, separated by commas."""


class Settings(BaseSettings):
    """What every service reads; a service adds its own fields. Secrets have no default.

    `private_port`: where health, metrics and `/internal` are, for our own network alone.
    `head_limit_s`, `body_limit_s`: how long a request's head, then its body, may take to arrive.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    private_port: int
    log_level: LogLevel = "INFO"
    service_token: SecretStr
    head_limit_s: Annotated[float, Field(gt=0)] = 5.0
    body_limit_s: Annotated[float, Field(gt=0)] = 10.0


class PublicSettings(Settings):
    """Of a service that is called from outside, too, at `port`. `trusted_proxies`: whose
    X-Forwarded-For is believed, and who may have as many requests on their way as they like."""

    port: int
    trusted_proxies: Networks = ()


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """The settings of this process. Exits with one line per problem, never showing a value."""
    known = {PREFIX + name.upper() for name in kind.model_fields}
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
