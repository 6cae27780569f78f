"""An API server with its etcd, on free ports of this machine and for as long as the check takes.

No kubelet and no controllers: objects are judged and kept, pods do not run.
"""

import asyncio
import secrets
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from paymesh_local.cluster.parts import Parts
from paymesh_local.failure import CannotRun
from paymesh_local.ports import LOOPBACK, any_free
from paymesh_local.processes import Process, Program, start, tail, tied

READY_LIMIT_S: Final = 60.0
CHECK_EVERY_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the API server listens, and kubectl's settings for it."""

    kubeconfig: Path

    def kubectl(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """One call, its answer as it is; `given` is its standard input."""
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), *arguments]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[Cluster]:
    """Start both, and stop both at the end.

    Raises:
        CannotRun: one of them ended, or the API server is not ready in a minute.
    """
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="paymesh-judge-")))
        etcd_port, peer_port, port = any_free(), any_free(), any_free()
        etcd = await start(_etcd(parts, home, etcd_port, peer_port))
        stack.push_async_callback(etcd.stop, 5)
        token = secrets.token_hex(16)
        server = await start(_api_server(parts, home, etcd_port, port, token))
        stack.push_async_callback(server.stop, 5)
        cluster = Cluster(_kubeconfig(home, port, token))
        await _ready(cluster, [etcd, server])
        yield cluster


def _etcd(parts: Parts, home: Path, port: int, peer_port: int) -> Program:
    here, peer = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{peer_port}"
    command = [
        str(parts.etcd),
        f"--data-dir={home / 'etcd'}",
        f"--listen-client-urls={here}",
        f"--advertise-client-urls={here}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]
    return Program("etcd", tied(command), home / "etcd.log")


def _api_server(parts: Parts, home: Path, etcd_port: int, port: int, token: str) -> Program:
    key = home / "service-accounts.pem"
    key.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tokens = home / "tokens.csv"
    tokens.write_text(f'{token},judge,judge,"system:masters"\n')
    command = [
        str(parts.api_server),
        f"--etcd-servers=http://{LOOPBACK}:{etcd_port}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--cert-dir={home / 'certificates'}",
        "--service-account-issuer=https://judge.example",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
    ]
    return Program("kube-apiserver", tied(command), home / "kube-apiserver.log")


def _kubeconfig(home: Path, port: int, token: str) -> Path:
    file = home / "kubeconfig.yaml"
    file.write_text(
        f"""apiVersion: v1
kind: Config
current-context: judge
clusters:
- name: judge
  cluster: {{server: "https://{LOOPBACK}:{port}", insecure-skip-tls-verify: true}}
users:
- name: judge
  user: {{token: {token}}}
contexts:
- name: judge
  context: {{cluster: judge, user: judge}}
"""
    )
    return file


async def _ready(cluster: Cluster, both: list[Process]) -> None:
    try:
        async with asyncio.timeout(READY_LIMIT_S):
            while (await asyncio.to_thread(cluster.kubectl, "get", "--raw", "/readyz")).returncode:
                for process in both:
                    if process.returncode is not None:
                        name = process.program.name
                        raise CannotRun(f"{name} ended", tail(process.program.log))
                await asyncio.sleep(CHECK_EVERY_S)
    except TimeoutError as error:
        log = both[-1].program.log
        raise CannotRun("The API server did not become ready", tail(log)) from error
