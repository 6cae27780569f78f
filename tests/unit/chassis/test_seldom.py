"""A library that says the same many times a second is heard once in a while."""

import logging

from chassis.logs import Seldom


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(name: str, text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, text, args, None)


def test_the_same_line_of_kafkas_client_comes_once_in_thirty_seconds() -> None:
    clock = Clock()
    seldom = Seldom(every_s=30, now=clock)
    lines = [record("aiokafka.conn", "Unable connect to node %s", number) for number in range(40)]

    passed = [seldom.filter(line) for line in lines]
    clock.now = 31
    again = record("aiokafka.conn", "Unable connect to node %s", 7)

    assert passed == [True] + [False] * 39
    assert seldom.filter(again)
    assert again.getMessage() == "Unable connect to node 7 (39 like this left out)"


def test_other_lines_and_other_libraries_are_not_held_back() -> None:
    seldom = Seldom(every_s=30, now=Clock())
    assert seldom.filter(record("aiokafka", "one"))
    assert seldom.filter(record("aiokafka", "two"))
    assert all(seldom.filter(record("uvicorn.error", "same")) for _ in range(3))
