"""Build the five images and try each; `--base` another base image, `local` one made here.

`--save FOLDER` writes archives that `docker load` and `skopeo copy` read. The images stay in
`.local/images`, which buildah reads with `--root .local/images/storage --storage-driver vfs`.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from paymesh_local import kafka, release
from paymesh_local.failure import CannotRun
from paymesh_local.images import buildah as tool
from paymesh_local.images import local_base, trial
from paymesh_local.images.buildah import Buildah
from paymesh_local.images.container import Container
from paymesh_local.paths import REPOSITORY
from paymesh_local.services import SERVICES
from paymesh_local.terminal import Terminal

STORE: Final = REPOSITORY / ".local" / "images"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make images")
    parser.add_argument("--base", default="", help="instead of the one that the Dockerfiles name")
    parser.add_argument("--save", type=Path, help="a folder for archives of the images")
    given = parser.parse_args()
    if absent := tool.absent():
        print(f"  ✗ no image is built here: {', '.join(absent)} not there", file=sys.stderr)
        return 1
    terminal = Terminal()
    try:
        buildah = Buildah(STORE)
        images = dict(_built(buildah, given.base, terminal))
        _try(buildah, images, terminal)
        for name, image in images.items() if given.save else ():
            _save(buildah, name, image, given.save, terminal)
    except CannotRun as error:
        terminal.problem("images", str(error))
        return 1
    finally:
        terminal.close()
    return 0


def _built(buildah: Buildah, wanted: str, terminal: Terminal) -> Iterator[tuple[str, str]]:
    """The images by the names of their services."""
    base = wanted or None
    if wanted == local_base.LOCAL:
        with terminal.step("base of this machine") as say:
            base = local_base.ensure(buildah)
            say(base)
    version = release.last().next
    for service in SERVICES:
        image = f"paymesh/{service.name}:{version}"
        file = REPOSITORY / "services" / service.name / "Dockerfile"
        with terminal.step(image) as say:
            try:
                buildah.build(image, file, REPOSITORY, base=base)
            except CannotRun as error:
                hint = "where the base cannot be pulled, BASE=local makes one"
                raise CannotRun(f"{image}: {error.reason} ({hint})", error.log_tail) from error
            say(f"{buildah.megabytes(image)} MB on its base")
        yield service.name, image


def _try(buildah: Buildah, images: dict[str, str], terminal: Terminal) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="paymesh-images-", ignore_cleanup_errors=True) as name,
        ExitStack() as mounted,
    ):
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as another user
        containers = {
            service: Container(
                buildah.inspect(image), mounted.enter_context(buildah.mounted(image))
            )
            for service, image in images.items()
        }
        terminal.title("Without settings")
        asyncio.run(trial.without_settings(containers, folder, terminal))
        on = "the embedded broker" if kafka.missing() else "Kafka"
        terminal.title(f"With a database, {on} and the sandbox; the root is read-only")
        asyncio.run(trial.with_a_stack(containers, folder, terminal))


def _save(buildah: Buildah, name: str, image: str, folder: Path, terminal: Terminal) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{image.rpartition(':')[2]}.tar"
    with terminal.step(f"saved {name}") as say:
        buildah.save(image, file.resolve())
        say(str(file))


if __name__ == "__main__":
    sys.exit(main())
