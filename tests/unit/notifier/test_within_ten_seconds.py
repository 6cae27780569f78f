"""From an error to DingTalk in ten seconds: the longest waits on the way, one after the other."""

from foundation import self_watch
from foundation.alerting import KAFKA_LIMIT_S
from notifier.domain.incidents import GATHER
from notifier.flows.alerts import IN_A_ROW, SPEAK_EVERY_S
from notifier.jobs import messaging, neighbours

PROMISED_S = 10.0


def test_people_hear_within_ten_seconds_even_where_kafka_is_away_and_the_robot_just_spoke() -> None:
    """Until a service looks at itself, Kafka is given up, company has come, the notifier looks, and
    the robot may speak again. Each wait is tried by a test of its own."""
    gathered_s = GATHER.total_seconds()
    waits = (self_watch.CHECK_EVERY_S, KAFKA_LIMIT_S, gathered_s, messaging.EVERY_S, SPEAK_EVERY_S)
    assert sum(waits) <= PROMISED_S


def test_people_hear_within_ten_seconds_of_a_service_that_is_dead() -> None:
    """Until it counts as dead, the next look is over, company has come, and the notifier looks. The
    robot may speak again at once, where it has just spoken of something else."""
    assert IN_A_ROW > 1
    looks_s = neighbours.CHECK_EVERY_S + neighbours.LIMIT_S
    waits = (neighbours.AWAY_S, looks_s, GATHER.total_seconds(), messaging.EVERY_S)
    assert sum(waits) <= PROMISED_S
