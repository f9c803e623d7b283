"""The limits of a company: never more in any minute, no more waiting than they ask, less after a 429."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_qbo.qbo.limits import RateLimits


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=200), st.integers(1, 20), st.integers(1, 5))
def test_never_more_than_the_limits_in_any_minute(steps: list[tuple[int, bool]], requests: int, batches: int) -> None:
    clock = Clock()
    limits = RateLimits(requests=requests, batches=batches, minute=10, clock=clock)
    sent: list[tuple[float, bool]] = []
    for pause, batch in steps:
        clock.now += pause
        wait = limits.try_take(batch=batch)
        if wait == 0:
            sent.append((clock.now, batch))
        else:
            assert 0 < wait <= 10
    for begin, _ in sent:
        within = [batch for moment, batch in sent if begin <= moment < begin + 10]
        assert len(within) <= requests
        assert sum(within) <= batches


def test_a_throttled_request_slows_down_and_the_speed_comes_back() -> None:
    clock = Clock()
    limits = RateLimits(requests=90, batches=90, minute=10, clock=clock)

    def in_a_minute() -> int:
        clock.now += 10
        return sum(limits.try_take() == 0 for _ in range(100))

    assert in_a_minute() == 90
    for _ in range(8):  # a whole wave of 429 counts once
        limits.slow_down()
    slowed = in_a_minute()
    assert 60 <= slowed < 75
    speeds = [in_a_minute() for _ in range(5)]
    assert speeds == sorted(speeds)
    assert speeds[-1] == 90


def test_a_pause_holds_everything() -> None:
    clock = Clock()
    limits = RateLimits(requests=10, batches=10, minute=10, clock=clock)
    limits.pause(3)
    assert limits.try_take() == 3
    clock.now = 3
    assert limits.try_take() == 0
