"""Playing the payer, the bank and bad luck at the sandbox of a `make run`."""

from types import TracebackType
from typing import Any, Self

import httpx

from paymesh import address
from paymesh.errors import NotConnected, PaymeshError
from paymesh.settings import Settings


class SandboxRefused(PaymeshError):
    """The sandbox cannot do that: no third party knows the number, or it is paid already."""


class Sandbox:
    """Use as `with Sandbox.of(Settings.of_demo()) as sandbox`."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=address.checked(url), timeout=10, trust_env=False)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Raises ValueError where the settings know no sandbox: production has none."""
        if settings.sandbox_url is None:
            raise ValueError("there is no sandbox: it comes with `make run`")
        return cls(settings.sandbox_url)

    def pay(self, payment_no: str, *, amount: int | None = None, notify: bool = True) -> None:
        """The payer pays, and the third party sends its notification. `amount`: a wrong one;
        `notify` False: the notification gets lost."""
        asked: dict[str, Any] = {"payment_no": payment_no, "notify": notify}
        self._post("pay", asked if amount is None else {**asked, "amount": amount})

    def decide_refund(self, refund_no: str, state: str) -> None:
        """`succeeded`, `failed` or `abnormal`, of a refund that a fault `hold` keeps open."""
        self._post("refunds", {"refund_no": refund_no, "state": state})

    def fault(self, channel: str, operation: str, fault: str, **more: Any) -> str:
        """Set bad luck, e.g. `fault("wechat", "pay", "drop_answer", times=1)`; its id."""
        asked = {"channel": channel, "operation": operation, "fault": fault, **more}
        return str(self._post("faults", asked)["fault_id"])

    def clear_fault(self, fault_id: str) -> None:
        self._asked("DELETE", f"faults/{fault_id}")

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        content: dict[str, Any] = self._asked("POST", path, body).json()
        return content

    def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            answer = self._http.request(method, f"/_control/{path}", json=body)
        except httpx.RequestError as error:
            raise NotConnected(f"the sandbox at {self._http.base_url}: {error}") from error
        if answer.is_error:
            raise SandboxRefused(f"{path}: {answer.status_code} {answer.text}")
        return answer
