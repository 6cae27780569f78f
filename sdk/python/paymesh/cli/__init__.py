"""The command `paymesh`; its libraries come with `paymesh[cli]`."""

import sys


def main() -> None:
    try:
        from paymesh.cli.commands import app
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "segno"):
            raise
        sys.exit("The command needs more than the library: pip install rich segno typer")
    app()
