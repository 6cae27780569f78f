"""Where a record goes is what everybody's clients compute: an order's events stay in one place."""

import pytest
from aiokafka.partitioner import DefaultPartitioner

from chassis.producer import partition_of
from contracts.identifiers import new_id


@pytest.mark.parametrize("count", [1, 4, 8, 48])
def test_key_goes_where_the_usual_partitioner_puts_it(count: int) -> None:
    partitions, usual = list(range(count)), DefaultPartitioner()
    keys = [b"", b"k", "物业".encode(), *(new_id("order").encode() for _ in range(100))]
    for key in keys * 2:
        assert partition_of(key, partitions, []) == usual(key, partitions, [])
