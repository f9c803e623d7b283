"""What lets people in, piece by piece: passwords, slowed tries, sessions, owners that stay, places that are safe."""

from __future__ import annotations

import datetime as dt
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from target_qbo.desk import passwords
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import open_ledger, users
from target_qbo.ledger.users import Role
from target_qbo.web import persons
from target_qbo.web.access import Porter, Tries
from target_qbo.web.place import place

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "four words will do"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_owners_can_t_remove_each_other(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/l.db" if kind == "sqlite" else request.getfixturevalue("postgres_database")
    engine = open_ledger(url, environment="sandbox", realm_id="1").engine
    for round_ in range(5):
        for name in ("ann", "bea"):
            if users.named(engine, name) is None:
                users.add(engine, name, Role.OWNER, "-", dt.datetime.now(dt.UTC))
        barrier = threading.Barrier(2)

        def leave(name: str, barrier: threading.Barrier = barrier) -> bool:
            number = users.sought(engine, name).number
            barrier.wait()
            try:
                users.remove(engine, number)
            except ConfigurationError:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(leave, ("ann", "bea"))) == [False, True], round_
    with pytest.raises(ConfigurationError, match="already"):
        users.add(engine, users.everyone(engine)[0].name, Role.VIEWER, "-", dt.datetime.now(dt.UTC))
    engine.dispose()


def test_a_session_is_put_off_by_use_and_over_after_twelve_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session(dict[str, Any]):
        flush = dict.clear

    session, now = Session(signed_in="code", since=0, seen=0), [0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    asked = SimpleNamespace(session=session)
    for now[0], seen in ((59, 0), (60, 60), (12 * 3600 - 1, 12 * 3600 - 1)):
        assert persons.person_of(asked) is not None  # type: ignore[arg-type]
        assert session["seen"] == seen, "which the browser and the page keep for an hour"
    now[0] += 1
    assert persons.person_of(asked) is None  # type: ignore[arg-type]
    assert session == {}


def test_waits_grow_and_end() -> None:
    now = [0.0]
    tries = Tries(2, 240.0, clock=lambda: now[0])
    waits = []
    for _ in range(5):
        assert [tries.begun("ann") for _ in range(3)] == [True, True, False]
        assert tries.begun("bob")
        tries.right("bob")
        begun = now[0]
        while tries.shut("ann"):
            now[0] += 1
        waits.append(now[0] - begun)
    assert waits == [60, 120, 240, 240, 240]
    tries.right("ann")
    assert [tries.begun("ann") for _ in range(3)] == [True, True, False]
    porter = Porter(clock=lambda: now[0])
    for number in range(50):
        assert porter.looks_at(str(number))
        porter.wrong()
    assert not porter.looks_at("another")
    now[0] += 60
    assert porter.looks_at("another")


def test_a_name_that_is_none_takes_as_long() -> None:
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$")
    assert passwords.fits(kept, PASSWORD)
    assert passwords.fits(passwords.hashed("caf\u00e9 and more cake"), "cafe\u0301 and more cake")
    assert not passwords.fits(None, "")

    def seconds(of: str | None) -> float:
        begun = time.perf_counter()
        assert not passwords.fits(of, "wrong")
        return time.perf_counter() - begun

    known, unknown = (statistics.median(seconds(of) for _ in range(5)) for of in (kept, None))
    assert 1 / 3 < known / unknown < 3


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("a" * 11 + "b", True),
        ("a" * 12, False),
        ("11 letters!", False),
        ("aB1!" * 33, False),
        ("QwertyQwerty", False),
        ("marguerite.g", False),
        ("Franpos12345", False),
        ("marguerite.g of the shop", True),
        ("päivää vain kaikki", True),
        ("    spaces    ", True),
    ],
)
def test_length_counts_and_what_everybody_tries_does_not(password: str, is_taken: bool) -> None:  # noqa: FBT001
    assert (passwords.fault(password, "marguerite.g") is None) == is_taken


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("0.0.0.0", None, ()), "--behind-proxy"),  # noqa: S104
        (("::", None, ()), "--behind-proxy"),
        (("example.com", None, ()), "no IP address"),
        (("127.0.0.1", "*", ("a.example",)), "no IP address"),
        (("127.0.0.1", "10.0.0.1", ()), "--name"),
        (("127.0.0.1", "10.0.0.1", ("*",)), "--name"),
        (("127.0.0.1", "10.0.0.1", (".example",)), "--name"),
        (("127.0.0.1", None, ("a.example",)), "goes with --behind-proxy"),
    ],
)
def test_a_place_that_is_not_safe_is_refused(given: tuple[Any, ...], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        place(*given)
