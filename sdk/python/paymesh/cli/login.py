"""Who the command is: a small file of one's own, and the secret in another that it names."""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paymesh.settings import Settings

FOLDER: Final = "paymesh"
FILE: Final = "login.json"


class NoLogin(Exception):
    """What to do before anything else."""


def config_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / FOLDER


def state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / FOLDER


@dataclass(frozen=True, slots=True)
class Login:
    """`demo`: the demo.json of a `make run`, read anew each time; all else is then None."""

    demo: str | None = None
    base_url: str | None = None
    app_id: str | None = None
    key_id: str | None = None
    secret_file: str | None = None
    private_key_file: str | None = None
    webhook_secret_file: str | None = None
    merchant_id: str | None = None

    def save(self) -> Path:
        """Only its owner may read it."""
        content = {name: getattr(self, name) for name in self.__slots__}
        return write_private(config_folder() / FILE, json.dumps(content, indent=1))

    @classmethod
    def load(cls) -> "Login":
        """What a later release keeps there is passed over. Raises NoLogin where nobody has logged
        in, or the file cannot be read."""
        file = config_folder() / FILE
        try:
            content: dict[str, Any] = json.loads(file.read_text())
            known = {name: content.get(name) for name in cls.__slots__}
        except FileNotFoundError:
            raise NoLogin("Say first who you are: paymesh login, or paymesh login --demo") from None
        except (ValueError, AttributeError) as error:
            raise NoLogin(f"{file} is no login: log in anew, by paymesh login") from error
        if not all(value is None or isinstance(value, str) for value in known.values()):
            raise NoLogin(f"{file} is no login: log in anew, by paymesh login")
        return cls(**known)

    def settings(self) -> Settings:
        """Raises NoLogin where a file is not there, or others may read it."""
        if self.demo is not None:
            try:
                return Settings.of_demo(self.demo)
            except FileNotFoundError:
                raise NoLogin(f"There is no {self.demo}: start `make run` first") from None
            except (ValueError, LookupError, TypeError) as error:
                raise NoLogin(f"{self.demo} is not of a `make run`") from error
        if self.base_url is None or self.app_id is None or self.key_id is None:
            raise NoLogin("The login is not whole: paymesh login")
        return Settings(
            base_url=self.base_url,
            app_id=self.app_id,
            key_id=self.key_id,
            secret=_secret(self.secret_file),
            private_key=_secret(self.private_key_file),
            webhook_secret=_secret(self.webhook_secret_file),
            merchant_id=self.merchant_id,
        )


def settings() -> Settings:
    """Of the environment where PAYMESH_URL is set, else of the login, but for what the other
    variables say. Raises NoLogin."""
    if "PAYMESH_URL" not in os.environ:
        return Login.load().settings().with_environment()
    try:
        return Settings.of_environment()
    except KeyError as error:
        raise NoLogin(f"PAYMESH_URL is set, {error.args[0]} is not") from None


def write_private(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)
    return path


def _secret(file: str | None) -> str | None:
    if file is None:
        return None
    path = Path(file)
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NoLogin(f"Others may read {path}: chmod 600 {path}")
        return path.read_text().strip()
    except FileNotFoundError:
        raise NoLogin(f"There is no {path}") from None
