"""`make bench-channel`: what a call to a channel costs, against a sandbox of its own."""

import argparse
import subprocess
import sys
import tempfile
from typing import Final

from paymesh_local.paths import REPOSITORY
from paymesh_local.ports import any_free

STOP_LIMIT_S: Final = 10
MEASURING: Final = "bench.channel.measure"
"""A process of its own, so that its CPU time is that of the calls."""


def measure(*, seconds: float, concurrency: int) -> int:
    """The exit code of the measuring program, which prints the figures."""
    with tempfile.TemporaryDirectory(prefix="paymesh-bench-") as folder:
        port = any_free()
        command = ["sandbox", "--port", str(port), "--state-dir", folder]
        with subprocess.Popen(
            [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True
        ) as sandbox:
            try:
                if not (sandbox.stdout and sandbox.stdout.readline()):
                    raise SystemExit("the sandbox did not start")
                options = [f"http://127.0.0.1:{port}"]
                options += [f"--seconds={seconds}", f"--concurrency={concurrency}"]
                return subprocess.run(
                    [sys.executable, "-m", MEASURING, *options], cwd=REPOSITORY, check=False
                ).returncode
            finally:
                sandbox.terminate()
                sandbox.wait(STOP_LIMIT_S)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-channel", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="length of each run")
    parser.add_argument("--concurrency", type=int, default=16, help="calls in flight")
    given = parser.parse_args()
    sys.exit(measure(seconds=given.seconds, concurrency=given.concurrency))
