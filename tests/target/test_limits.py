"""The limits of a company: never more in any minute, no needless waiting, less where QuickBooks gives less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_qbo.qbo.limits import BatchSize, RateLimits


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def _send(limits: RateLimits, *, batch: bool = False) -> bool:
    """Send a request if there is leave to."""
    leave = limits.try_take(batch=batch) == 0
    if leave:
        limits.departs(batch=batch)
    return leave


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=200), st.integers(1, 20), st.integers(1, 5))
def test_never_more_than_the_limits_in_any_minute(steps: list[tuple[int, bool]], requests: int, batches: int) -> None:
    clock = Clock()
    limits = RateLimits(requests=requests, batches=batches, minute=10, clock=clock)
    sent: list[tuple[float, bool]] = []
    for pause, batch in steps:
        clock.now += pause
        wait = limits.try_take(batch=batch)
        if wait == 0:
            limits.departs(batch=batch)
            sent.append((clock.now, batch))
        else:
            assert 0 < wait <= 10.05
    for begin, _ in sent:
        within = [batch for moment, batch in sent if begin <= moment < begin + 10]
        assert len(within) <= requests
        assert sum(within) <= batches


def test_a_throttled_request_slows_down_and_the_speed_comes_back() -> None:
    clock = Clock()
    limits = RateLimits(requests=90, batches=90, minute=10, clock=clock)

    def in_a_minute() -> int:
        clock.now += 10.1
        return sum(_send(limits) for _ in range(100))

    assert in_a_minute() == 90
    for _ in range(8):  # a whole wave of 429 counts once
        limits.slow_down()
    slowed = in_a_minute()
    assert 70 <= slowed < 88
    speeds = [in_a_minute() for _ in range(5)]
    assert speeds == sorted(speeds)
    assert speeds[-1] == 90


def test_leave_that_was_given_counts_though_nothing_left_yet() -> None:
    clock = Clock()
    limits = RateLimits(requests=2, batches=1, minute=10, clock=clock)
    assert limits.try_take(batch=True) == limits.try_take() == 0
    assert limits.try_take() > 0
    clock.now = 9
    limits.departs()
    limits.departs(batch=True)
    clock.now = 11
    assert limits.try_take() > 0, "what left at 9 counts until 19, whenever it was given leave"


def test_a_pause_holds_everything() -> None:
    clock = Clock()
    limits = RateLimits(requests=10, batches=10, minute=10, clock=clock)
    limits.pause(3)
    assert limits.try_take() == 3
    clock.now = 3
    assert limits.try_take() == 0


def test_a_throttled_company_gets_fewer_requests_at_once() -> None:
    clock = Clock()
    limits = RateLimits(requests=90, batches=90, minute=10, clock=clock)
    assert limits.at_once(8) == 8
    limits.slow_down()
    assert limits.at_once(8) < 8
    for _ in range(100):
        clock.now += 2
        limits.slow_down()
    assert limits.at_once(8) == 1, "never none"
    clock.now += 200
    assert limits.at_once(8) == 8


@given(st.lists(st.tuples(st.integers(0, 15), st.booleans()), max_size=30))
def test_what_an_earlier_process_sent_counts(earlier: list[tuple[int, bool]]) -> None:
    clock = Clock()
    clock.now = 100
    limits = RateLimits(requests=40, batches=30, minute=10, clock=clock)
    for seconds_ago, batch in earlier:
        limits.recall(seconds_ago, batch=batch)
    lately = [batch for seconds_ago, batch in earlier if seconds_ago <= 10]
    batches = sum(_send(limits, batch=True) for _ in range(50))
    assert batches == min(30 - sum(lately), 40 - len(lately))
    singles = sum(_send(limits) for _ in range(50))
    assert batches + singles == 40 - len(lately)


def test_a_slow_batch_halves_the_next_ones_and_they_grow_again() -> None:
    size = BatchSize(30)
    size.shrink()
    assert size.now == 15
    for _ in range(9):
        size.shrink()
    assert size.now == 1
    for _ in range(50):
        size.grow()
    assert size.now == 30
