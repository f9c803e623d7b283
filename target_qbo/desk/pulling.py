"""Fetching a period from the till into the ledger: tap-franpos as a child process, its messages received here.

The tap gets no state and its STATE goes nowhere: the bookmarks of the nightly runs stay where they are.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from target_qbo.desk import quota
from target_qbo.desk.receiving import receive
from target_qbo.desk.watching import Watch
from target_qbo.errors import ConfigurationError, NotThereError, TargetError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_qbo.desk.config import DeskConfig
    from target_qbo.ledger import CompanyLedger

logger = logging.getLogger("franpos-qbo.tap")

_NAME = "tap-franpos"
# -P: a folder in which the command is started can't put its own modules before those installed.
_COMMAND = (sys.executable, "-P", "-c", "from tap_franpos.tap import main; main()")
_MERGED = frozenset({"settings_url", "settings_key"})
_ENDING_SECONDS = 10
_PAGE = re.compile(r'METRIC: .*"metric": ?"http_request_duration".*"status": ?"succeeded"')
_LEFT = re.compile(r'METRIC: (?P<point>\{.*"metric": ?"franpos_calls_left".*\})')
_WARNING = re.compile(r"^\S+ \S+ \| WARNING +\| [^|]+\| (?P<text>.*)")
_STOPPED_EARLY = "stopped before the end of the period"
_UNREACHABLE = re.compile(r"^GET (?!.*check api_url)|quota of calls is used up", re.DOTALL)


def pull(
    config: DeskConfig,
    ledger: CompanyLedger,
    *,
    start: dt.datetime | dt.date | None,
    end: dt.datetime | dt.date | None,
    locations: Sequence[str] = (),
    watch: Watch | None = None,
) -> None:
    """Fetch the tickets that were created in a period, with all their rows; what is known already changes nothing.

    What was received stays in the ledger, also where this fails on the way.

    Args:
        config: Where the tap's settings are.
        ledger: The company's ledger.
        start: First moment, also before the tap's own ``start_date``. A date, or a time without a zone, is the clock
            of each location. None: the tap's ``start_date``.
        end: The moment at which it ends, exclusive, likewise; a date is the beginning of that day. None: the tap's
            ``end_date``, or now.
        locations: Franpos locations; none: all of the tap's settings.
        watch: Watches how far it is.

    Raises:
        NotThereError: A location is not among those of the settings.
        ConfigurationError: The tap can't work with its settings, or Franpos refuses the token.
        InputError: The tap's messages don't satisfy the record contract.
        UnreachableError: Franpos can't be reached, or has no calls left this month.
    """
    settings = tap_settings(config)
    known = configured_locations(settings)
    unknown = [location for location in locations if location not in known]
    if unknown:
        raise NotThereError(
            f"location {', '.join(unknown)} is not in the settings of {_NAME}: location_ids has {', '.join(known)}"
        )
    if start is not None:
        settings["start_date"] = start.isoformat()
    if end is not None:
        settings["end_date"] = end.isoformat()
    if locations:
        settings["location_ids"] = [int(location) for location in dict.fromkeys(locations)]
    _run(settings, ledger, watch or Watch())


def tap_settings(config: DeskConfig) -> dict[str, Any]:
    """Return the tap's settings as they are given or kept; it need not look for what is kept itself."""
    from tap_franpos.settings import CONFIG_SCHEMA  # noqa: PLC0415 (the tap's settings alone are wanted, late)

    known = config.tap(CONFIG_SCHEMA)
    return {name: value for name, value in known.items() if value is not None and name not in _MERGED}


def shop_zone(config: DeskConfig) -> ZoneInfo:
    """Return by whose clock a day begins: that of the tap's settings; where there are none yet, the default's."""
    from tap_franpos.settings import CONFIG_SCHEMA  # noqa: PLC0415 (as above)

    default: str = CONFIG_SCHEMA["properties"]["time_zone"]["default"]
    try:
        return ZoneInfo(str(tap_settings(config).get("time_zone") or default))
    except (ZoneInfoNotFoundError, ValueError, ConfigurationError):
        return ZoneInfo(default)


def configured_locations(settings: Mapping[str, Any]) -> list[str]:
    """Return the locations of the tap's settings, as texts.

    Raises:
        ConfigurationError: There are none.
    """
    given = settings.get("location_ids")
    if not isinstance(given, list) or not given:
        raise ConfigurationError(f"{_NAME} has no location_ids: name its settings with --tap-config, or set them")
    return [str(location) for location in given]


def _run(settings: Mapping[str, Any], ledger: CompanyLedger, watch: Watch) -> None:
    descriptor, name = tempfile.mkstemp(prefix="franpos-qbo-", suffix=".json")  # readable to nobody else
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(settings, file, default=str)
        with watch.fetching():
            _run_tap(path, ledger, watch)
    finally:
        path.unlink(missing_ok=True)


def _run_tap(path: Path, ledger: CompanyLedger, watch: Watch) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SINGER_SDK_LOG_CONFIG"}
    process = subprocess.Popen(  # noqa: S603 (this environment's own tap; no text of anybody else's is in it)
        [*_COMMAND, "--config", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"TAP_FRANPOS_LOGLEVEL": "INFO", "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        errors="replace",
        process_group=0,  # Ctrl-C is for this process to heed, which ends the tap where it is to end
    )
    if process.stdout is None or process.stderr is None:
        raise AssertionError
    notes = _Notes(process.stderr, watch)
    notes.start()
    try:
        messages = _Messages(process.stdout, path)
        receive(messages, ledger, source=_NAME, ticket_came=watch.ticket_received)
        process.wait()
    finally:
        _end(process)
        notes.join()
        process.stdout.close()
        process.stderr.close()
    if notes.calls_left:
        quota.told(ledger, notes.calls_left, dt.datetime.now(dt.UTC))
    problem = notes.problem(process.returncode)
    if problem is not None:
        raise problem


def _end(process: subprocess.Popen[str]) -> None:
    """End a tap whose messages are not wanted any more."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Messages:
    """The tap's output line by line; the file with its settings goes as soon as it has read them."""

    def __init__(self, stream: IO[str], settings: Path) -> None:
        self._stream = stream
        self._settings = settings

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self._settings.unlink(missing_ok=True)
            yield line


class _Notes(threading.Thread):
    """Reads what the tap says on stderr: counts pages, passes warnings on, keeps what it says last.

    Attributes:
        calls_left: How many calls of this month Franpos leaves a location, where the tap came to know.
    """

    def __init__(self, stream: IO[str], watch: Watch) -> None:
        super().__init__(name="tap-notes", daemon=True)
        self._stream = stream
        self._watch = watch
        self.calls_left: dict[str, int] = {}
        self._last = ""
        self._stopped_early = ""

    def run(self) -> None:
        """Read to the end."""
        for line in self._stream:
            warning = _WARNING.match(line)
            if warning is not None:
                logger.warning("%s: %s", _NAME, warning["text"])
                if _STOPPED_EARLY in warning["text"]:
                    self._stopped_early = warning["text"]
            elif line.startswith(f"{_NAME}: "):
                self._last = line.removeprefix(f"{_NAME}: ").strip()
            elif _PAGE.search(line):
                self._watch.page_read()
            elif (left := _LEFT.search(line)) is not None:
                point = json.loads(left["point"])
                self.calls_left[point["tags"]["location_id"]] = int(point["value"])

    def problem(self, code: int) -> TargetError | None:
        """Return the error that the tap ended with, in its own words."""
        kept = "what was received before is in the ledger"
        if code == 0:
            return UnreachableError(f"{self._stopped_early}; {kept}") if self._stopped_early else None
        if not self._last:
            return UnreachableError(f"{_NAME} ended without a word (code {code}); {kept}")
        if _UNREACHABLE.search(self._last):
            return UnreachableError(f"{self._last}; {kept}")
        return ConfigurationError(f"{_NAME}: {self._last}")
