"""A night can be followed from outside: logs that name run, store and ticket; metrics in the log and at a collector."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from target_qbo.closing import RunMetric
from tests.shop import ROOT, Shop
from tests.target.failures import ring_up

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN, STORE = "0b726612-f45f-4e5c-99b3-0af99d76735a", "downtown"
STRUCTURED = {
    "SINGER_SDK_LOG_CONFIG": str(ROOT / "orchestrate" / "logging.yaml"),
    "MELTANO_RUN_ID": RUN,
    "FRANPOS_QBO_STORE": STORE,
}
SECRET_PATH = "/collector-token-0815"

Values = dict[str, dict[frozenset[tuple[str, str]], float]]


class Collector:
    """An OpenTelemetry collector for metrics: takes OTLP over HTTP, keeps what each service sent last."""

    def __enter__(self) -> Self:
        self.resources: dict[str, dict[str, str]] = {}
        self.gauges: dict[str, Values] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ExportMetricsServiceRequest()
                request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
                collector.take(request)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(ExportMetricsServiceResponse().SerializeToString())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: ExportMetricsServiceRequest) -> None:
        """Keep what a request holds."""
        for sent in request.resource_metrics:
            resource = {one.key: one.value.string_value for one in sent.resource.attributes}
            values: Values = defaultdict(dict)
            for scope in sent.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.gauge.data_points:
                        attributes = frozenset((one.key, one.value.string_value) for one in point.attributes)
                        values[metric.name][attributes] = point.as_double or point.as_int
            self.resources[resource["service.name"]] = resource
            self.gauges[resource["service.name"]] = values


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("seen"), "--locations", "1", "--days", "1", "--dirty", "0.1") as made:
        yield made


def _entries(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_logs_and_metrics_of_a_night(shop: Shop) -> None:
    with Collector() as collector:
        environment = STRUCTURED | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        tap = shop.tap(env=environment)
        target = shop.target(tap.stdout, env=environment)
    assert (tap.returncode, target.returncode) == (0, 0)
    told, posted = _entries(tap.stderr), _entries(target.stderr)
    assert {(one["extra"]["run"], one["extra"]["store"]) for one in told + posted} == {(RUN, STORE)}

    tickets = shop.get("tickets")
    dirty = {one["ticket_id"] for one in tickets if one["dirt"]}
    clean = sum(one["expected"]["kind"] != "none" for one in tickets)
    events = [(one["extra"], one) for one in posted if "event_name" in one["extra"]]
    skipped = [fields for fields, _ in events if fields["event_name"] == "ticket_skipped"]
    assert {one["ticket"] for one in skipped} == dirty != set()
    assert all(one["location"] == "101" and one["code"] and one["reason"] and one["receipt"] for one in skipped)
    assert {one["realm"] for one in skipped} == {shop.ready["qbo"]["realm_id"]}
    (summary,) = [fields["summary"] for fields, _ in events if fields["event_name"] == "run_summary"]
    assert (summary["posted"], summary["skipped"]) == (clean, len(dirty))
    assert summary["unposted"]["skipped"]["tickets"] == len(dirty)

    calls = shop.calls()
    assert summary["calls"]["read_answered"] == calls["reads"]
    seen = collector.gauges["target-qbo"]
    assert set(RunMetric) <= set(seen)
    assert seen["qbo_tickets"][frozenset({("status", "posted")})] == clean
    assert seen["qbo_requests"][frozenset({("kind", "read"), ("outcome", "answered")})] == calls["reads"]
    assert sum(seen["qbo_requests"].values()) == calls["requests"]
    assert collector.gauges["tap-franpos"]["franpos_calls"] == {frozenset({("location_id", "101")}): 3}
    for service in ("tap-franpos", "target-qbo"):
        assert collector.resources[service].items() >= {"run": RUN, "store": STORE}.items()
    points = [one["metric_info"] for one in posted if "metric_info" in one]
    assert {one["metric"] for one in points} >= set(RunMetric), "the log has them too"


def test_a_run_that_stops_says_so_to_programs(shop: Shop) -> None:
    shop.configure_target(client_secret="mistyped", ledger_url=f"sqlite:///{shop.folder}/other.db")
    try:
        target = shop.target(shop.tap().stdout, env=STRUCTURED)
    finally:
        shop.configure_target(**shop.ready["qbo"], ledger_url=f"sqlite:///{shop.folder}/ledger.db")
    last = _entries(target.stderr)[-1]
    assert last["extra"]["event_name"] == "run_stopped"
    assert last["extra"]["exit_code"] == target.returncode == 2
    assert last["message"] == "QuickBooks does not know this app: check client_id and client_secret"


def test_a_collector_that_is_not_there_costs_one_warning_without_its_address(shop: Shop) -> None:
    ring_up(shop, lines=[{"price": "10.00"}])
    with Collector() as collector:
        gone = collector.url
    environment = STRUCTURED | {
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": gone + SECRET_PATH,
        "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "1",
    }
    target = shop.target(shop.tap().stdout, env=environment)
    assert target.returncode == 0
    assert SECRET_PATH not in target.stderr
    warnings = [one["message"] for one in _entries(target.stderr) if one["logger_name"] == "franpos-qbo.telemetry"]
    assert warnings == ["metrics could not be sent: OpenTelemetry's collector did not take them"]
    assert shop.differences() == []
