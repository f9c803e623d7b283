"""The metrics of a run for OpenTelemetry, where its own variables ask for them and the extra ``otel`` is installed.

Every metric is a point in the SDK's metrics log. Here these points are gathered and pushed once, at the end of the run.
Each becomes a gauge: the value of the latest run, which is what a job that ends can tell (counters add up).
"""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from singer_sdk.metrics import METRICS_LOGGER_NAME, Point

from franpos_qbo.logs import marks

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SECONDS = 10
_OF_THE_PROCESS = {"pid"}
_COUNTER = "counter"

logger = logging.getLogger("franpos-qbo.telemetry")

Attributes = tuple[tuple[str, str], ...]


def is_wanted() -> bool:
    """Whether OpenTelemetry's variables name a place to send metrics to."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not off and any(os.environ.get(name) for name in _ENDPOINTS)


class Points(logging.Handler):
    """Gathers what is written into the metrics log."""

    def __init__(self) -> None:
        super().__init__()
        self.gauges: dict[str, dict[Attributes, float]] = defaultdict(dict)

    def emit(self, record: logging.LogRecord) -> None:
        """Take one point; a counter's add up, of others the latest counts."""
        point = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if isinstance(point, Point) and isinstance(point.value, int | float):
            values = self.gauges[str(getattr(point.metric, "value", point.metric))]
            attributes = tuple(sorted(_flat(point.tags).items()))
            before = values.get(attributes, 0) if point.metric_type == _COUNTER else 0
            values[attributes] = before + point.value


def _flat(tags: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in tags.items():
        if isinstance(value, dict):
            found |= _flat(value)
        elif name not in _OF_THE_PROCESS and value is not None:
            found[str(getattr(name, "value", name))] = str(value)
    return found


class Telemetry:
    """A run's metrics on their way: gathers while it is a context, pushes at its end, however that comes.

    Where nothing is asked for it does nothing, and no library is loaded. A push that fails is one warning.

    Args:
        service: Name of the plugin.
        version: Its version.
    """

    def __init__(self, service: str, version: str) -> None:
        self._resource = {"service.name": service, "service.version": version, **marks()}
        self._points = Points()
        self._wanted = is_wanted()

    def __enter__(self) -> None:
        """Begin to gather."""
        if self._wanted:
            logging.getLogger(METRICS_LOGGER_NAME).addHandler(self._points)

    def __exit__(self, *_: object) -> None:
        """Push."""
        if self._wanted:
            logging.getLogger(METRICS_LOGGER_NAME).removeHandler(self._points)
            self._push()

    def _push(self) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
            from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
            from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult  # noqa: PLC0415
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        except ImportError:
            logger.warning("metrics are not sent: OpenTelemetry's variables are set, install franpos-qbo[otel]")
            return
        # The exporter's own lines would show the address, which may hold a token.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
        logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)
        reader = InMemoryMetricReader()
        provider = MeterProvider(metric_readers=[reader], resource=Resource.create(self._resource))
        meter = provider.get_meter("franpos-qbo")
        for name, values in self._points.gauges.items():
            gauge = meter.create_gauge(name)
            for attributes, value in values.items():
                gauge.set(value, dict(attributes))
        data = reader.get_metrics_data()
        try:
            exporter = OTLPMetricExporter(timeout=_SECONDS)
            sent = data is None or exporter.export(data, timeout_millis=_SECONDS * 1000) is MetricExportResult.SUCCESS
            exporter.shutdown()
        except Exception as error:  # noqa: BLE001 (a run must not fail for its metrics; the text may hold the address)
            logger.warning("metrics could not be sent (%s)", type(error).__name__)
        else:
            if not sent:
                logger.warning("metrics could not be sent: OpenTelemetry's collector did not take them")
        finally:
            provider.shutdown()
