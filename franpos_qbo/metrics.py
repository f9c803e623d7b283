"""The metrics of both plugins: each declared once, written into the SDK's metrics log, and kept to be sent on."""

from __future__ import annotations

import enum
import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self, cast

from singer_sdk.metrics import METRICS_LOGGER_NAME, Metric, Point, log

if TYPE_CHECKING:
    from collections.abc import Mapping

TAP, TARGET = "tap-franpos", "target-qbo"

Tags = tuple[tuple[str, str], ...]


class RunMetric(enum.StrEnum):
    """What an operator graphs, or is woken by: name, who tells it, unit (as OpenTelemetry has them), tags, meaning."""

    services: tuple[str, ...]
    unit: str
    tags: str
    description: str

    def __new__(cls, name: str, services: tuple[str, ...], unit: str, tags: str, description: str) -> Self:
        """Make a member: a text with what belongs to it."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.services, member.unit, member.tags, member.description = services, unit, tags, description
        return member

    CALLS = (
        "franpos_calls",
        (TAP,),
        "{call}",
        "`location_id`",
        "successful calls of Franpos in this run; 1,000 a month are allowed for each location",
    )
    CALLS_LEFT = (
        "franpos_calls_left",
        (TAP,),
        "{call}",
        "`location_id`",
        "calls left this month, as Franpos says; only a backfill asks",
    )
    REQUESTS = (
        "qbo_requests",
        (TARGET,),
        "{request}",
        "`kind` (`read`, `write`, `batch`), `outcome` (`answered`, `throttled`, `failed`)",
        "requests to QuickBooks in this run; Intuit meters reads",
    )
    WAITED = (
        "qbo_wait_duration",
        (TARGET,),
        "s",
        "",
        "time in which something was ready to be sent and the limits on requests a minute did not allow it",
    )
    TICKETS = (
        "qbo_tickets",
        (TARGET,),
        "{ticket}",
        "`status` (`posted`, `skipped`, `waiting`, `open`)",
        "what became of tickets in this run",
    )
    SKIPPED = ("qbo_tickets_skipped", (TARGET,), "{ticket}", "`code`", "tickets skipped in this run, by reason")
    UNPOSTED = (
        "qbo_tickets_unposted",
        (TARGET,),
        "{ticket}",
        "`status` (`received`, `skipped`, `waiting`, `posting`)",
        "all tickets that are not in the books at the end of the run",
    )
    DOCUMENTS = (
        "qbo_documents",
        (TARGET,),
        "{document}",
        "`kind` (`invoice`, `payment`, `refund_receipt`)",
        "documents that stand since this run, less those taken back",
    )
    DURATION = ("qbo_run_duration", (TARGET,), "s", "", "time that posting took, waits included")
    EXIT_CODE = (
        "franpos_qbo_exit_code",
        (TAP, TARGET),
        "1",
        "",
        "how the plugin ended; to OpenTelemetry only, in the log it is a field of `run_stopped`",
    )


_Figures = dict[RunMetric, dict[Tags, float]]

_of_process: _Figures = {}
_of_context: ContextVar[_Figures | None] = ContextVar("figures", default=None)


def begin_run() -> None:
    """Keep this context's figures from now on apart from those of others: of one of several runs in this process."""
    _of_context.set({})


def tell(metric: RunMetric, value: float, **tags: str) -> None:
    """Write a figure of this run into the metrics log, and keep it."""
    point = Point("gauge", cast("Metric", metric), value, tags)
    log(logging.getLogger(METRICS_LOGGER_NAME), point)
    keep(metric, value, **tags)


def keep(metric: RunMetric, value: float, **tags: str) -> None:
    """Keep a figure that the log has from elsewhere; the latest one counts."""
    _latest().setdefault(metric, {})[tuple(sorted(tags.items()))] = value


def latest() -> Mapping[RunMetric, Mapping[Tags, float]]:
    """Return what the run of this process, or of this context, was told, whatever the log's level and handlers are."""
    return _latest()


def _latest() -> _Figures:
    own = _of_context.get()
    return _of_process if own is None else own


def table() -> list[str]:
    """Return the metrics as a table for people, line by line."""
    lines = ["| metric | of | unit | tags | what it is |", "|---|---|---|---|---|"]
    for metric in RunMetric:
        services = ", ".join(f"`{service}`" for service in metric.services)
        unit = metric.unit.strip("{}1") + ("s" if metric.unit.startswith("{") else "")
        lines.append(f"| `{metric}` | {services} | {unit} | {metric.tags} | {metric.description} |")
    return lines
