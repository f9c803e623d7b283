"""How long the back-office page takes: 100,000 tickets over two years, and 20 people who look while a sync goes on.

``python -m benchmarks.page`` posts a month of tickets, of which 2 % are dirty, multiplies what the ledger then holds
back over two years, with a run for each night of them, and starts ``franpos-qbo serve`` as a process. Each page is
asked for 20 times, one after the other; the time is that from the question to the answer's last byte, over loopback.

Then new tickets are rung up and synced from the page, against QuickBooks' real limits and a realistic latency: alone,
and beside 20 people, each of whom looks at a page for one to five seconds before the next. They, the page, the sandbox
and the till are all on the same machine.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import html

from benchmarks.grown import UNLIMITED, grow, sandbox
from tests.shop import Shop
from tests.target.failures import ring_up
from tests.web.conftest import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.web.conftest import Visitor

TIMES = 20
PROOFS = 5
PEOPLE = 20
LOOKS_SECONDS = (1.0, 5.0)
BURSTS = 5
LATENCY = ("--latency-ms", "250", "--latency-item-ms", "120")
LOCATION = 101
NIGHTS = 730


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    add = parser.add_argument
    add("--tickets", type=int, default=100_000, help="in the ledger [%(default)s]")
    add("--a-day", type=int, default=135, help="tickets of a day of the month in the books [%(default)s]")
    add("--sold", type=int, default=600, help="tickets that a sync finds new [%(default)s]")
    add("--syncs", type=int, default=3, help="syncs alone, and as many beside people [%(default)s]")
    options = parser.parse_args()
    today = dt.datetime.now(dt.UTC).date()
    first, last = today - dt.timedelta(days=31), today - dt.timedelta(days=1)
    served = sandbox(first, options.a_day)
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "state.json"
        with Shop(Path(name), *served, "--time-scale", str(UNLIMITED)) as shop:
            held, month = grow(shop, options.tickets)
            enter_nights(Path(name) / "ledger.db")
            print(f"{held:,} tickets in the ledger, {month:,} of them of the last month\n")
            with page_of(shop) as page:
                print("\n".join(pages(page)), flush=True)
                print(f"memory of the page then     {memory(page)}\n")
                print("\n".join(proofs(shop, page, first, last)))
                print(f"memory of the page then     {memory(page)}", flush=True)
            shop.save(state)
        (Path(name) / "ready.json").unlink()
        with Shop(Path(name), *served, *LATENCY, "--state", str(state)) as shop, page_of(shop) as page:
            print("\n".join(beside_people(shop, page, last, options.sold, options.syncs)))
            print(f"memory of the page at last  {memory(page)}")


@contextlib.contextmanager
def page_of(shop: Shop) -> Iterator[Page]:
    """Give the page of a shop, as a person starts it."""
    page = Page(shop, shop.folder / "page.log", anew=True)
    print(f"memory of the page at first {memory(page)}")
    try:
        yield page
    finally:
        page.stop()


def cpu(page: Page) -> float:
    """Return the CPU time that the page's process has taken, in seconds (Linux)."""
    fields = Path(f"/proc/{page.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(page: Page) -> str:
    """Tell how much memory the page's process has, and had at most (Linux)."""
    status = Path(f"/proc/{page.process.pid}/status").read_text()
    now, most = (int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) / 1000 for name in ("VmRSS", "VmHWM"))
    return f"{now:.0f} MB ({most:.0f} MB at most)"


def enter_nights(ledger: Path) -> None:
    """Give a ledger a run for each night before its first, with the figures of that."""
    with contextlib.closing(sqlite3.connect(ledger)) as connection, connection:
        company, summary = connection.execute("select company_id, summary from runs order by id limit 1").fetchone()
        connection.execute("update runs set id = id + ?", (NIGHTS,))
        now = dt.datetime.now(dt.UTC)
        for number in range(1, NIGHTS + 1):
            began = (now - dt.timedelta(days=NIGHTS + 1 - number)).isoformat(timespec="microseconds")
            row = (number, company, began, began, "done", summary)
            connection.execute("insert into runs values (?, ?, ?, ?, ?, ?)", row)


# Pages, one after the other


def pages(page: Page) -> Iterator[str]:
    """Ask for each page some times, and tell how long it took."""
    visitor = page.visitor()
    yield f"{'page':<44}{'median':>10}{'slowest':>10}{'CPU':>10}{'bytes':>11}"
    for name, ask in questions(visitor):
        ask()
        times, size, before = [], 0, cpu(page)
        for _ in range(TIMES):
            begun = time.perf_counter()
            size = ask()
            times.append(time.perf_counter() - begun)
        used = (cpu(page) - before) / TIMES
        walls = f"{milliseconds(statistics.median(times))}{milliseconds(max(times))}"
        yield f"{name:<44}{walls}{milliseconds(used)}{size:>11,}"


def questions(visitor: Visitor) -> Iterator[tuple[str, Callable[[], int]]]:
    """Yield what is asked for, by name: each returns how long the answer is."""
    for name, path in paths(visitor):
        yield name, partial(size_of, visitor, path)
    (form,) = visitor.look("/tickets/?status=skipped").xpath("//form[@method='post'][.//button[@name='all']]")
    fields = [*form.form_values(), ("all", "on")]
    yield (
        "resync all that match: asks whether",
        lambda: len(visitor.http.post(f"{visitor.url}/resync/", data=fields, timeout=60).content),
    )


def paths(visitor: Visitor) -> Iterator[tuple[str, str]]:
    """Yield the addresses that people come to, by name."""
    tickets = visitor.look("/tickets/")
    (key,) = tickets.xpath("//tbody/tr[1]/th/a/@href")
    long_ago = (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=700)).isoformat()
    yield from (("overview", "/"), ("tickets", "/tickets/"), ("tickets, two years back", f"/tickets/?last={long_ago}"))
    yield "tickets, page 1,000", f"/tickets/?before={halfway(visitor)}"
    yield from (("tickets, skipped", "/tickets/?status=skipped"), ("tickets, posted", "/tickets/?status=posted"))
    yield "tickets, skipped for a reason", "/tickets/?status=skipped&code=unbalanced"
    yield "tickets, of a month and a location", f"/tickets/?first={long_ago}&location={LOCATION}"
    yield from (("tickets, of an amount", "/tickets/?least=1000"), ("tickets, searched", "/tickets/?search=payments"))
    yield from (("a ticket", key), ("errors", "/errors/"), ("runs", "/runs/"), ("reconcile, empty", "/reconcile/"))
    yield from (("undo of a month's run: asks whether", undo_of(visitor)), ("sync", "/sync/"), ("under way", "/work/"))


def halfway(visitor: Visitor) -> str:
    """Return the place in the list from which on half of the tickets are."""
    day = (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=365)).isoformat()
    (key,) = visitor.look(f"/tickets/?last={day}").xpath("//tbody/tr[1]/td/input[@name='key']/@value")
    return f"{day},{key},{LOCATION}"


def undo_of(visitor: Visitor) -> str:
    """Return where to undo the run that posted the month."""
    found = visitor.look("/runs/").xpath("//a[contains(@href, '/undo/')]/@href")
    return str(found[0])


def size_of(visitor: Visitor, path: str) -> int:
    """Ask for a page; return how long it is."""
    answer = visitor.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}\n{html.fromstring(answer.text).text_content()}")
    return len(answer.content)


def proofs(shop: Shop, page: Page, first: dt.date, last: dt.date) -> Iterator[str]:
    """Prove a month some times, the first of them apart, and tell what of the time is the sandbox's."""
    visitor = page.visitor()
    walls, served, own = [], [], []
    for _ in range(PROOFS):
        before, used, begun = shop.cpu_seconds(), cpu(page), time.perf_counter()
        size_of(visitor, f"/reconcile/?first={first}&last={last}")
        walls.append(time.perf_counter() - begun)
        served.append(shop.cpu_seconds() - before)
        own.append(cpu(page) - used)
    yield f"reconcile of {first} to {last}"
    for what, times in (("for the first time", slice(0, 1)), ("again", slice(1, None))):
        rest = statistics.median(wall - serving for wall, serving in zip(walls[times], served[times], strict=True))
        yield f"  {what}: {statistics.median(walls[times]):.2f} s"
        yield f"    of the sandbox, which stands for QuickBooks: {statistics.median(served[times]):.2f} s"
        yield f"    the rest: {rest:.2f} s; CPU of the page: {statistics.median(own[times]):.2f} s"


# Twenty people, and a sync


@dataclass
class People:
    """People who look at page after page, until they are told to go.

    Attributes:
        times: How long each page took, in seconds.
    """

    visitors: Sequence[Visitor]
    looked_at: Sequence[str]
    times: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Have them look."""
        self._over.clear()
        threads = [threading.Thread(target=self._look, args=(number,)) for number in range(len(self.visitors))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _look(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 (which page is next)
        while not self._over.wait(chance.uniform(*LOOKS_SECONDS)):
            self.times.append(timed(self.visitors[number], chance.choice(self.looked_at)))

    def burst(self) -> list[float]:
        """Have each of them ask for a page in the same moment; return how long each took."""
        together, times = threading.Barrier(len(self.visitors)), []

        def ask(number: int) -> None:
            together.wait()
            times.append(timed(self.visitors[number], self.looked_at[number % len(self.looked_at)]))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(self.visitors))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return times


def timed(visitor: Visitor, path: str) -> float:
    """Return how many seconds a page takes."""
    begun = time.perf_counter()
    size_of(visitor, path)
    return time.perf_counter() - begun


def beside_people(shop: Shop, page: Page, day: dt.date, sold: int, syncs: int) -> Iterator[str]:
    """Sync alone and beside people, in turns, and tell how long syncs and pages took."""
    visitors = [page.visitor() for _ in range(PEOPLE)]
    people = People(visitors, [path for _, path in paths(visitors[0])])
    sync(visitors[0])  # the sandbox is another one: what stands there is looked up once
    alone: list[float] = []
    beside: list[float] = []
    for number in range(2 * syncs):
        for _ in range(sold):
            ring_up(shop, lines=[{"price": "10.00"}], created_at=f"{day}T12:00:00-07:00")
        is_alone = number % 2 == 0
        print(f"sync {number + 1} of {2 * syncs}", file=sys.stderr)
        with contextlib.nullcontext() if is_alone else people.looking():
            (alone if is_alone else beside).append(sync(visitors[0]))
    quiet = [one for _ in range(BURSTS) for one in people.burst()]
    yield f"sync of {sold} new tickets, alone           {spread(alone)}"
    yield f"  beside {PEOPLE} people                       {spread(beside)}"
    ratio = statistics.median(beside) / statistics.median(alone)
    yield f"  how many times as long                {ratio:.2f}"
    yield f"pages meanwhile, {len(people.times):,} of them: median {statistics.median(people.times) * 1000:.0f} ms, "
    yield f"  95 of 100 within {statistics.quantiles(people.times, n=20)[-1] * 1000:.0f} ms, all within "
    yield f"  {max(people.times) * 1000:.0f} ms"
    yield f"{PEOPLE} pages asked for in one moment: median {statistics.median(quiet) * 1000:.0f} ms, all within "
    yield f"  {max(quiet) * 1000:.0f} ms"


def sync(visitor: Visitor) -> float:
    """Sync what is new from the page; return how many seconds that took."""
    (form,) = visitor.look("/sync/").xpath("//form[@method='post' and .//button[contains(., 'Sync now')]]")
    begun = time.perf_counter()
    visitor.http.post(f"{visitor.url}/sync/", data=form.form_values(), timeout=60).raise_for_status()
    while True:
        text = visitor.look("/work/?still=1").text_content()
        if "Through at" in text:
            return time.perf_counter() - begun
        if "ended early" in text:
            raise SystemExit(text)
        time.sleep(0.5)


def milliseconds(seconds: float) -> str:
    """Write a time."""
    return f"{seconds * 1000:>7.0f} ms"


def spread(seconds: Sequence[float]) -> str:
    """Write a median, and the times that it is of."""
    return f"{statistics.median(seconds):.1f} s ({', '.join(f'{one:.1f}' for one in seconds)})"


if __name__ == "__main__":
    main()
