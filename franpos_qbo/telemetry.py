"""The metrics of a run for OpenTelemetry, where its own variables ask for them and the extra ``otel`` is installed.

They are pushed once, at the end of the run, as gauges: the value of the latest run is what a job that ends can tell.
"""

from __future__ import annotations

import logging
import os
import threading
from importlib import metadata
from typing import TYPE_CHECKING

from franpos_qbo.logs import marks
from franpos_qbo.metrics import RunMetric, keep, latest

if TYPE_CHECKING:
    from types import TracebackType

    from opentelemetry.sdk.metrics.export import MetricsData

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SECONDS = 10
_OF_THE_RESOURCE = ("store", "realm")  # the run is none: each night would begin new series of everything

logger = logging.getLogger("franpos-qbo.telemetry")


def is_wanted() -> bool:
    """Whether OpenTelemetry's variables name a place to send metrics to."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not off and any(os.environ.get(name) for name in _ENDPOINTS)


class Telemetry:
    """Pushes the metrics of the run that is its context, however that ends; what is no run has none and pushes nothing.

    Where nothing is asked for it does nothing, and no library is loaded. A push takes ten seconds at most; one that
    fails is one warning, which shows no address.

    Args:
        service: Name of the plugin.
    """

    def __init__(self, service: str) -> None:
        self._service = service

    def __enter__(self) -> None:
        """Begin the run."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Push what the run told, and its exit code."""
        exit_code = _exit_code(error)
        if is_wanted() and (latest() or exit_code):
            keep(RunMetric.EXIT_CODE, exit_code)
            self._push()

    def _push(self) -> None:
        # The libraries' own lines would show the address, which may hold a token.
        for name in ("opentelemetry", "urllib3"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            sent = _send_in_time(self._collected())
        except ImportError:
            logger.warning("metrics are not sent: OpenTelemetry's variables are set, install franpos-qbo[otel]")
        except Exception as error:  # noqa: BLE001 (a run must not fail for its metrics; the text may hold the address)
            logger.warning("metrics could not be sent (%s)", type(error).__name__)
        else:
            if not sent:
                logger.warning("metrics could not be sent: OpenTelemetry's collector did not take them")

    def _collected(self) -> MetricsData | None:
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

        named = {name: value for name, value in marks().items() if name in _OF_THE_RESOURCE and value}
        service = {"service.name": self._service, "service.version": metadata.version("franpos-qbo")}
        reader = InMemoryMetricReader()
        provider = MeterProvider(
            metric_readers=[reader], resource=Resource.create(service | named), shutdown_on_exit=False
        )
        meter = provider.get_meter("franpos-qbo")
        for metric, values in latest().items():
            gauge = meter.create_gauge(metric.value, metric.unit, metric.description)
            for tags, value in values.items():
                gauge.set(value, dict(tags))
        data = reader.get_metrics_data()
        provider.shutdown()
        return data


def _send_in_time(data: MetricsData | None) -> bool:
    """Send in a thread that may be left behind: the exporter's own limit is one between two bytes."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import MetricExportResult  # noqa: PLC0415

    if data is None:
        return False
    exporter = OTLPMetricExporter()
    results: list[MetricExportResult] = []
    sending = threading.Thread(target=lambda: results.append(exporter.export(data)), daemon=True)
    sending.start()
    sending.join(_SECONDS)
    return results == [MetricExportResult.SUCCESS]


def _exit_code(error: BaseException | None) -> int:
    if error is None:
        return 0
    code = error.code if isinstance(error, SystemExit) else getattr(error, "exit_code", 1)
    return code if isinstance(code, int) else int(code is not None)
