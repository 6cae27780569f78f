"""`paymesh explain-signature`: which line of a signed text differs."""

import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer

from paymesh.cli import login as logins
from paymesh.cli.showing import err, errors_shown, out
from paymesh.errors import NotConnected

NOT_HERE = (
    "This centre does not explain signatures: only a sandbox (make run) does. The console's "
    "signature inspector explains them to people of the app."
)


def explain(
    authorization: Annotated[str, typer.Option(help="The header as it was sent.")],
    target: Annotated[str, typer.Option(help="Path with query, as sent: /v1/payments?x=1")],
    method: Annotated[str, typer.Option(help="GET, POST, …")] = "POST",
    body_file: Annotated[Path | None, typer.Option(help="The exact body; - for stdin.")] = None,
    signed_text_file: Annotated[Path | None, typer.Option(help="What you signed.")] = None,
) -> None:
    """Say which line of the signed text differs from what you signed."""
    with errors_shown():
        asked = {
            "method": method,
            "target": target,
            "authorization": authorization,
            "body": _text(body_file) or "",
            "signed_text": _text(signed_text_file),
        }
        url = f"{logins.settings().base_url.rstrip('/')}/v1/signature/explain"
        try:
            answer = httpx.post(url, json={k: v for k, v in asked.items() if v is not None})
        except httpx.RequestError as error:
            raise NotConnected(f"{url}: {error}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise ValueError(NOT_HERE)
        if not answer.is_success:
            raise ValueError(answer.text or f"{url} answers {answer.status_code}")
        explained = answer.json()
        if explained["is_valid"]:
            out.print("[green]The signature is right.[/]")
            return
        for fault in explained["faults"]:
            err.print(f"[red]{fault['place']}[/]", fault["message"], markup=True, soft_wrap=True)
        if explained["signed_text"]:
            err.print("[dim]What is to be signed, byte by byte:[/]")
            sys.stderr.write(explained["signed_text"])
        raise typer.Exit(1)


def _text(path: Path | None) -> str | None:
    if path is None:
        return None
    raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    return raw.decode()
