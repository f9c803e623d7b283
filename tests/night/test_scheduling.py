"""Which store runs when: companies take turns, hangs are left behind, parts of all stores stay as they are. Pure."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franpos_night.night import Night, Shard
from franpos_night.outcome import Code, Ended, Outcome, exit_code, most_telling
from franpos_night.pipe import Pipe
from franpos_qbo.stores import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MINUTE = 60.0


@pytest.fixture(scope="module", autouse=True)
def frozen() -> Iterator[None]:
    """As in the program: what is loaded is set aside, else each look for what a store left would go through it."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _store(name: str, realm: str) -> Store:
    return Store(name, (1,), realm, (), {})


def _run(
    sync: Callable[[str], Outcome], stores: Sequence[Store], at_once: int = 4, limit: float = MINUTE
) -> tuple[Night, dict[str, Outcome]]:
    told: list[str] = []
    night = Night(sync, at_once=at_once, limit_seconds=limit, tell=lambda one: told.append(one.store))
    outcomes = night.run(stores)
    assert [one.store for one in outcomes] == [store.name for store in stores]
    assert sorted(told) == sorted(store.name for store in stores), "each is told once"
    return night, {one.store: one for one in outcomes}


def _done(store: str) -> Outcome:
    return Outcome(store, "run", Code.DONE)


class Watched:
    """Syncs that take a moment; remembers which ran at the same time."""

    def __init__(self, realms: dict[str, str]) -> None:
        self._realms = realms
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()
        self.most_at_once = 0
        self.most_of_a_company = 0
        self.runs: Counter[str] = Counter()

    def __call__(self, store: str) -> Outcome:
        """Sync."""
        realm = self._realms[store]
        with self._lock:
            self.runs[store] += 1
            self._now[realm] += 1
            self.most_at_once = max(self.most_at_once, self._now.total())
            self.most_of_a_company = max(self.most_of_a_company, self._now[realm])
        time.sleep(0.002)
        with self._lock:
            self._now[realm] -= 1
        return _done(store)


def test_what_a_store_leaves_does_not_stay_for_the_whole_night() -> None:
    class Left:
        """Something that keeps itself."""

        def __init__(self) -> None:
            self.itself = self

    left: weakref.WeakSet[Left] = weakref.WeakSet()
    most = 0

    def sync(store: str) -> Outcome:
        nonlocal most
        most = max(most, len(left))
        left.add(Left())
        return _done(store)

    gc.disable()  # as good as: what is looked for after so many objects is not looked for in a night of few
    try:
        _run(sync, [_store(f"store-{number}", str(number)) for number in range(40)], at_once=1)
    finally:
        gc.enable()
    assert most < 8


def test_a_night_that_is_told_to_stop_looks_for_nothing_that_stores_left() -> None:
    looks: list[str] = []

    def look(phase: str, _info: object) -> None:
        looks.append(phase)

    night = Night(_done, at_once=1, limit_seconds=MINUTE, tell=lambda _one: None)
    night.stop()
    gc.disable()
    gc.callbacks.append(look)
    try:
        outcomes = night.run([_store(f"store-{number}", str(number)) for number in range(40)])
    finally:
        gc.callbacks.remove(look)
        gc.enable()
    assert {one.code for one in outcomes} == {Code.AGAIN}
    assert looks == []


@given(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=12), st.integers(1, 4))
def test_each_store_runs_once_and_those_of_a_company_take_turns(realms: list[str], at_once: int) -> None:
    stores = [_store(f"s{number}", realm) for number, realm in enumerate(realms)]
    watched = Watched({store.name: store.realm for store in stores})
    night, outcomes = _run(watched, stores, at_once)
    assert set(watched.runs.values()) == {1}
    assert watched.most_of_a_company == 1
    assert watched.most_at_once <= at_once
    assert all(one.code is Code.DONE for one in outcomes.values())
    assert night.left_behind == 0


def test_what_a_store_raises_ends_it_alone() -> None:
    def sync(store: str) -> Outcome:
        if store == "b":
            raise SystemExit(7)
        return _done(store)

    _, outcomes = _run(sync, [_store(name, name) for name in "abc"])
    assert [outcomes[name].code for name in "abc"] == [Code.DONE, Code.FAILED, Code.DONE]
    assert "SystemExit" in outcomes["b"].reason


def test_a_store_that_hangs_is_left_behind_and_its_company_with_it() -> None:
    over = threading.Event()

    def sync(store: str) -> Outcome:
        if store == "hangs":
            over.wait(MINUTE)
        return _done(store)

    stores = [_store("hangs", "1"), _store("beside", "2"), _store("shares", "1"), _store("last", "3")]
    night, outcomes = _run(sync, stores, at_once=1, limit=0.2)
    over.set()
    assert outcomes["hangs"].code is Code.TOO_LONG
    assert outcomes["shares"].code is Code.AGAIN
    assert "hangs" in outcomes["shares"].reason
    assert outcomes["beside"].code is outcomes["last"].code is Code.DONE
    assert night.left_behind == 1


def test_one_that_is_always_over_its_limit_keeps_no_other_of_its_company_from_its_night_for_ever() -> None:
    stores = [_store(name, "1") for name in ("hangs", "b", "c")]
    through: list[set[str]] = []
    for turn in range(738_000, 738_003):  # as days are counted
        over = threading.Event()

        def sync(store: str, over: threading.Event = over) -> Outcome:
            if store == "hangs":
                over.wait(MINUTE)
            return _done(store)

        night = Night(sync, at_once=1, limit_seconds=0.2, tell=lambda _one: None, turn=turn)
        through.append({one.store for one in night.run(stores) if one.code is Code.DONE})
        over.set()
    assert sorted(through, key=len) == [set(), {"c"}, {"b", "c"}]


def test_what_a_store_left_behind_says_later_is_not_heard() -> None:
    over = threading.Event()

    def sync(store: str) -> Outcome:
        if store == "hangs":
            over.wait(MINUTE)
            return _done(store)
        over.set()
        time.sleep(0.1)  # the one left behind ends meanwhile
        return _done(store)

    _, outcomes = _run(sync, [_store("hangs", "1"), _store("next", "2")], at_once=1, limit=0.15)
    assert outcomes["hangs"].code is Code.TOO_LONG
    assert outcomes["next"].code is Code.DONE


def test_where_too_many_hang_no_further_one_is_begun() -> None:
    over = threading.Event()
    begun: list[str] = []

    def sync(store: str) -> Outcome:
        begun.append(store)
        over.wait(MINUTE)
        return _done(store)

    night, outcomes = _run(sync, [_store(f"s{n}", str(n)) for n in range(40)], at_once=2, limit=0.02)
    over.set()
    assert len(begun) == night.left_behind <= 2 * 4 + 2
    assert Counter(one.code for one in outcomes.values()) == {
        Code.TOO_LONG: night.left_behind,
        Code.AGAIN: 40 - night.left_behind,
    }


def test_a_night_that_is_told_to_stop_waits_for_none() -> None:
    over, begun = threading.Event(), threading.Event()

    def sync(store: str) -> Outcome:
        begun.set()
        over.wait(MINUTE)
        return _done(store)

    night = Night(sync, at_once=1, limit_seconds=MINUTE, tell=lambda _: None)

    def stop() -> None:
        begun.wait(MINUTE)
        night.stop()

    stopping = threading.Thread(target=stop)
    stopping.start()
    outcomes = night.run([_store("a", "1"), _store("b", "2")])
    stopping.join()
    over.set()
    assert [one.code for one in outcomes] == [Code.AGAIN, Code.AGAIN]
    assert night.left_behind == 1


def test_a_store_that_a_stopping_night_does_not_begin_is_told() -> None:
    first_may_end, begun = threading.Event(), threading.Event()

    def sync(store: str) -> Outcome:
        if store == "first":
            begun.set()
            first_may_end.wait(MINUTE)
        else:
            begun.wait(MINUTE)
        return _done(store)

    def tell(outcome: Outcome) -> None:
        if outcome.store == "other":
            first_may_end.set()
            while night._ended.empty():
                time.sleep(0.001)
            night.stop()  # told to stop after the first is through, and before that is heard

    night = Night(sync, at_once=2, limit_seconds=MINUTE, tell=tell)
    outcomes = night.run([_store("first", "1"), _store("second", "1"), _store("other", "2")])
    assert [one.code for one in outcomes] == [Code.DONE, Code.AGAIN, Code.DONE]


def test_a_store_whose_thread_the_system_does_not_allow_waits_for_the_next_night(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "night b":
            raise RuntimeError("can't start new thread")
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    outcomes = _run(_done, [_store("a", "1"), _store("b", "2"), _store("c", "2")])[1]
    assert {name: one.code for name, one in outcomes.items()} == {"a": Code.DONE, "b": Code.AGAIN, "c": Code.DONE}
    assert outcomes["b"].reason == "not begun: can't start new thread"


@given(
    st.lists(st.tuples(st.text(min_size=1), st.text(max_size=3)), unique_by=lambda one: one[0], max_size=20),
    st.integers(1, 7),
)
def test_each_store_is_in_one_part_with_its_company_whatever_other_stores_there_are(
    named: list[tuple[str, str]], of: int
) -> None:
    stores = [_store(name, realm) for name, realm in named]
    parts = [Shard(number, of) for number in range(1, of + 1)]
    held = {store.name: [part.number for part in parts if part.holds(store)] for store in stores}
    assert all(len(numbers) == 1 for numbers in held.values())
    of_realm: dict[str, set[int]] = {}
    for store in stores:
        if store.realm:
            of_realm.setdefault(store.realm, set()).update(held[store.name])
    assert all(len(numbers) == 1 for numbers in of_realm.values())


def test_the_parts_of_many_stores_are_about_as_large() -> None:
    sizes = Counter(
        number for n in range(5000) for number in range(1, 6) if Shard(number, 5).holds(_store(f"s{n}", f"{n}"))
    )
    assert min(sizes.values()) > 900


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], 0),
        ([Code.DONE, Code.DONE], 0),
        ([Code.DONE, Code.FAILED, Code.UNREACHABLE], 3),
        ([Code.UNREACHABLE, Code.SIGN_IN, Code.SETTINGS], 4),
        ([Code.DONE, Code.TOO_LONG], 1),
        ([Code.AGAIN], 1),
        ([Code.AGAIN, Code.SETTINGS], 2),
    ],
)
def test_the_exit_code_says_what_most_needs_a_person(codes: list[Code], expected: int) -> None:
    assert exit_code([Outcome("s", "", code) for code in codes]) == expected


def test_of_two_plugins_the_more_telling_end_is_told() -> None:
    ends = [Ended(Code.FAILED, "target-qbo: x"), Ended(Code.SETTINGS, "tap-franpos: y\nz")]
    assert most_telling(ends) == Ended(Code.SETTINGS, "tap-franpos: y z")


# The pipe


def test_a_pipe_holds_no_more_than_its_bound_and_loses_nothing() -> None:
    pipe, ahead, most = Pipe(3), [0], [0]

    def write() -> None:
        for number in range(500):
            pipe.write(str(number))
            ahead[0] += 1
        pipe.end()

    writing = threading.Thread(target=write)
    writing.start()
    read: list[str] = []
    for line in pipe:
        most[0] = max(most[0], ahead[0] - len(read))
        read.append(line)
    writing.join()
    assert read == [str(number) for number in range(500)]
    assert most[0] <= 3 + 1


def test_who_writes_is_stopped_where_nobody_reads_any_more() -> None:
    pipe, raised = Pipe(1), []

    def write() -> None:
        try:
            while True:
                pipe.write("line")
        except BrokenPipeError as error:
            raised.append(error)
        pipe.end()

    writing = threading.Thread(target=write)
    writing.start()
    next(iter(pipe))
    pipe.leave()
    writing.join(MINUTE)
    assert raised
