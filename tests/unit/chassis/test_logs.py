"""Log lines are JSON, whoever writes them, and name their request."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from chassis import logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_both_kinds_of_logging_give_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("test", "info")
    request = logs.request_id.set("r-1")

    structlog.get_logger().info("thing.happened", thing_no=1, secret=SecretStr("hunter2"))
    structlog.get_logger().debug("thing.hidden")
    logging.getLogger("library").warning("odd %s", "thing")
    logs.request_id.reset(request)

    ours, theirs = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert ours["event"] == "thing.happened"
    assert ours["thing_no"] == 1
    assert ours["secret"] == "**********"
    assert theirs["event"] == "odd thing"
    for line in (ours, theirs):
        assert line["service"] == "test"
        assert line["request_id"] == "r-1"
        assert {"level", "timestamp"} <= line.keys()


def test_an_exception_is_one_line_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("test", "INFO")
    try:
        raise LookupError("lost")
    except LookupError:
        structlog.get_logger().exception("thing.failed")

    (line,) = capsys.readouterr().out.splitlines()
    assert "LookupError: lost" in json.loads(line)["exception"]


def test_no_value_makes_a_line_fail(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("test", "INFO")

    structlog.get_logger().info("odd", text="\ud800", number=2**70, keys={1: object})

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["number"] == 2**70
