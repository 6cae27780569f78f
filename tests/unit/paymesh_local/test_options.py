"""What the person may choose, and what is refused with a reason."""

from pathlib import Path

import pytest

from paymesh_local.failure import CannotRun
from paymesh_local.options import Options
from paymesh_local.paths import REPOSITORY
from paymesh_local.ports import Ports


def test_defaults() -> None:
    assert Options.of_environment({}) == Options(
        local_dir=REPOSITORY / ".local", port_base=8000, show_demo=True, kafka_bootstrap=None
    )


def test_everything_can_be_chosen() -> None:
    options = Options.of_environment(
        {
            "PAYMESH_LOCAL_DIR": "/elsewhere",
            "PAYMESH_PORT_BASE": "9100",
            "PAYMESH_DEMO": "0",
            "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
            "PAYMESH_OTLP_ENDPOINT": "http://127.0.0.1:4318",
            "PAYMESH_DINGTALK_URL": "http://127.0.0.1:9/robot",
        }
    )
    tracing = {"PAYMESH_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    people = {"PAYMESH_DINGTALK_URL": "http://127.0.0.1:9/robot"}
    assert options == Options(Path("/elsewhere"), 9100, False, "127.0.0.1:9092", tracing, people)


@pytest.mark.parametrize("base", ["", "0", "80", "65530", "80a", "-1", "８０００"])
def test_a_base_without_meaning_is_refused(base: str) -> None:
    with pytest.raises(CannotRun, match="PAYMESH_PORT_BASE"):
        Options.of_environment({"PAYMESH_PORT_BASE": base})


def test_ports_of_a_base() -> None:
    assert Ports.of_base(8000) == Ports(
        gateway=8000,
        merchant_admin=8002,
        cashier=8004,
        sandbox=8010,
        demo_app=8020,
        private_gateway=8100,
        private_trade_core=8101,
        private_merchant_admin=8102,
        private_notifier=8103,
        private_cashier=8104,
    )
