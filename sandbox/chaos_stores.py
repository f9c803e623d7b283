"""`python -m sandbox.chaos_stores --seeds N`: nights of several stores in one process, in which things go wrong.

A seed decides a chain of stores, some of one company, and a few nights of it by ``franpos-qbo night``, in one process
or two shards. In each something goes wrong: a store's settings, secrets, tokens, bookmarks or messages; an exception
that nobody expects, or no end, at any stage of one store; its QuickBooks or Franpos; the process is killed at any
moment, the disk is full, the ledgers' database or the bookmarks are gone for a while, the same stores are in two
processes.
Whatever happened: every night comes to its end, in bounded memory, and prints no secret of any store; what is not of
what went wrong is done; and after one clean night of all, the books of each company agree with its tills to the cent.

Most seeds keep bookmarks in a folder, as it is Meltano's start that takes most of a short night; some have Meltano.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox import chaos_night
from sandbox.chaos_chain import Chain, Ledgers
from sandbox.chaos_mishaps import Mishap, OfAll, OfOneStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.chaos_night import NightProcess

ROOT = Path(__file__).resolve().parent.parent
MELTANO = ROOT / ".venv-meltano" / "bin" / "meltano"
_LIMIT_SECONDS = 100.0
_HANG_LIMIT_SECONDS = 12.0
_HANG_LIMIT_WITH_MELTANO_SECONDS = 40.0
_MOST_MB = 400  # this process with all that is loaded has 150
_BUG = "an error of the program"


@dataclass(slots=True)
class Played:
    """What came of a seed."""

    events: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stores: int = 0
    nights: int = 0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; returns 1 if anything is wrong after any of them."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.chaos_stores", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="how many [%(default)s]")
    parser.add_argument("--first", type=int, default=1, help="the first seed; with --seeds 1 it replays one [1]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="seeds at once [the processors]")
    parser.add_argument("--postgres", metavar="URL", help="a PostgreSQL server for the ledgers")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep there what each night printed")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    begun = time.monotonic()
    failed, all_played = 0, []
    with tempfile.TemporaryDirectory() as own, ProcessPoolExecutor(options.jobs) as pool:
        folder = options.keep or Path(own)
        folder.mkdir(exist_ok=True)
        Ledgers.template(options.postgres, folder)
        for seed, played in zip(seeds, pool.map(partial(_seed, folder, options.postgres), seeds), strict=True):
            all_played.append(played)
            if played.problems:
                failed += 1
                told = "; ".join(played.problems[:5])
                print(f"seed {seed}: {told}\n    after: {' | '.join(played.events)}", flush=True)
    stores, nights = sum(one.stores for one in all_played), sum(one.nights for one in all_played)
    cpu = sum(one.cpu_seconds for one in all_played) / max(1, len(seeds))
    peak = max((one.peak_mb for one in all_played), default=0.0)
    print(f"{stores} stores, {nights} nights; {cpu:.1f} s of CPU a seed, {peak:.0f} MB at most in a night's process")
    print(f"{len(seeds)} seeds in {time.monotonic() - begun:.0f} s: {failed} wrong")
    return 1 if failed else 0


def _seed(parent: Path, postgres: str | None, seed: int) -> Played:
    """Play one seed."""
    before = _cpu_seconds()
    random = Random(seed)
    folder = parent / f"seed-{seed}"
    folder.mkdir(exist_ok=True)
    ledgers = Ledgers(folder, postgres, seed, shared=random.random() < 0.5, laid=random.random() < 0.85)
    try:
        played = Play(seed, folder, ledgers, random).run()
    finally:
        ledgers.drop()
    played.cpu_seconds = _cpu_seconds() - before
    return played


def _cpu_seconds() -> float:
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Play:
    """One seed from its first night to its last look at the books."""

    def __init__(self, seed: int, folder: Path, ledgers: Ledgers, random: Random) -> None:
        self._seed = seed
        self._random = random
        self._folder = folder
        self._chain = Chain(folder, ledgers, random)
        self._meltano = random.random() < 0.05 and MELTANO.exists()
        self._played = Played(["Meltano's bookmarks"] if self._meltano else [])

    def run(self) -> Played:
        """Play; returns what came of it."""
        with self._chain.open(self._seed):
            self._played.stores = len(self._chain.stores)
            for number in range(1 if self._meltano else self._random.randint(1, 3)):
                self._played.events += [self._chain.trade() for _ in range(self._random.randint(0, 3))]
                self._bad_night(number)
                self._chain.forget_faults()
            self._clean_night()
            self._played.problems += self._chain.differences()
        return self._played

    def _bad_night(self, number: int) -> None:
        random, chain = self._random, self._chain
        mishaps = []
        firsts = [names for names in chain.companies().values() if random.random() < 0.5]
        of_one = OfOneStore(chain, random, meltano=self._meltano)
        mishaps += [of_one.draw(random.choice(names)) for names in firsts[:2]]
        if not mishaps or random.random() < 0.35:
            mishaps.append(OfAll(chain, random, meltano=self._meltano).draw())
        twice = random.random() < 0.2
        shards = self._shards(twice=twice)
        self._played.events += [f"night {number + 1} {shards}: {'; '.join(one.told for one in mishaps)}"]

        chain.write_files(
            self._shared(), {store: token for one in mishaps for store, token in one.wrong_tokens.items()}
        )
        for mishap in mishaps:
            mishap.before()
            for store, orders in mishap.orders.items():
                chain.call(store, "POST", "faults", orders)
        nights = [self._start(f"night-{number + 1}-{part}", shard, mishaps) for part, shard in enumerate(shards)]
        schedule = [
            (seconds, partial(act, night)) for one in mishaps for seconds, act in one.schedule for night in nights
        ]
        try:
            self._played.problems += chaos_night.wait(nights, schedule)
        finally:
            for mishap in mishaps:
                mishap.after()
        self._check(nights, mishaps)

    def _clean_night(self) -> None:
        self._chain.write_files(self._shared())
        shards = self._shards(twice=False)
        self._played.events.append(f"clean night {shards}")
        nights = [self._start(f"clean-{part}", shard, []) for part, shard in enumerate(shards)]
        self._played.problems += chaos_night.wait(nights, [])
        self._check(nights, [])

    # Processes

    def _shards(self, *, twice: bool) -> list[str]:
        """Draw the shards of a night, each a process; twice: one of them by mistake two times."""
        shards = self._random.choice((["1/1"], ["1/2", "2/2"]))
        return shards + ([self._random.choice(shards)] if twice else [])

    def _start(self, name: str, shard: str, mishaps: Sequence[Mishap]) -> NightProcess:
        chain = self._chain
        limit = _LIMIT_SECONDS
        if any(one.hangs for one in mishaps):
            limit = _HANG_LIMIT_WITH_MELTANO_SECONDS if self._meltano else _HANG_LIMIT_SECONDS
        options = ["--stores", str(chain.stores_file), "--secrets", str(chain.secrets), "--shard", shard]
        options += ["--at-once", str(self._random.choice((1, 3, 8, 8))), "--limit", str(limit / 60)]
        options += ["--project", str(ROOT if self._meltano else self._folder), "--format", "json", "--log", "json"]
        environment = {"MELTANO_ENVIRONMENT": "demo", "MELTANO": str(MELTANO)} if self._meltano else {}
        self._played.nights += 1
        prepare = [prepare for one in mishaps for prepare in one.prepare]
        patient = any(one.hangs for one in mishaps)
        return chaos_night.start(self._folder, name, options, environment, prepare, patient=patient)

    def _shared(self) -> dict[str, str]:
        return {"MELTANO_DATABASE_URI": f"sqlite:///{self._folder}/meltano.db"} if self._meltano else {}

    # What must hold

    def _check(self, nights: Sequence[NightProcess], mishaps: Sequence[Mishap]) -> None:
        """Look at nights that are over."""
        problems = self._played.problems
        hurt = _hurt(mishaps, set(self._chain.stores))
        secrets = self._chain.known_secrets()
        for night in nights:
            name = night.out.stem
            self._played.events.append(f"{name} ended with {night.code}")
            self._played.peak_mb = max(self._played.peak_mb, night.peak_mb)
            if night.peak_mb > _MOST_MB:
                problems.append(f"{name} took {night.peak_mb:.0f} MB")
            printed = night.out.read_text() + night.told.read_text()
            problems += [f"{name} prints a secret ({secret[:12]}…)" for secret in secrets if secret in printed]
            if any(one.kills for one in mishaps):
                continue
            try:
                outcomes = night.outcomes()
            except ValueError:
                problems.append(f"{name} prints no outcomes")
                continue
            problems += [f"{name}: {problem}" for problem in self._wrong(night, outcomes, mishaps, hurt)]

    def _wrong(
        self, night: NightProcess, outcomes: dict[str, dict[str, Any]], mishaps: Sequence[Mishap], hurt: set[str]
    ) -> list[str]:
        """Return what is wrong with what a night says of its stores."""
        found = []
        codes = {store: one["exit_code"] for store, one in outcomes.items()}
        if not outcomes and night.code != 0:
            return [f"ended with {night.code} and names no store"]
        if (night.code == 0) != (not any(codes.values())):
            found.append(f"ended with {night.code}, its stores with {codes}")
        bugs = _hurt([one for one in mishaps if one.is_bug], set(self._chain.stores))
        for store, one in outcomes.items():
            if one["exit_code"] and store not in hurt:
                found.append(f"{store} is hurt ({one['exit_code']}): {one['reason']}")
            elif _BUG in one["reason"] and store not in bugs:
                found.append(f"{store} ends by {one['reason']}")
            if one["exit_code"] and not one["reason"]:
                found.append(f"{store} ended with {one['exit_code']} for no reason")
        fired_path = night.out.with_suffix(".fired")
        fired = {line.split()[0] for line in fired_path.read_text().splitlines()} if fired_path.exists() else set()
        found += [
            f"{one.fails} is said to be done in spite of: {one.told}"
            for one in mishaps
            if one.fails in fired and codes.get(one.fails) == 0
        ]
        marked = _errors_logged(night.told.read_text())
        found += [f"{store} logs an error of the program" for store in marked - bugs]
        return found


def _hurt(mishaps: Sequence[Mishap], all_stores: set[str]) -> set[str]:
    return {store for one in mishaps for store in (all_stores if one.hurts is None else one.hurts)}


def _errors_logged(told: str) -> set[str]:
    """Return the stores of which a log shows a traceback."""
    found = set()
    for line in told.splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if "exception" in fields:
            found.add(str(fields.get("extra", {}).get("store", "")))
    return found


if __name__ == "__main__":
    sys.exit(main())
