"""A night can be followed from outside: logs that name run, store and ticket; metrics in the log and at a collector."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from franpos_qbo import metrics, telemetry
from franpos_qbo.metrics import RunMetric
from tests.shop import ROOT, Shop, run
from tests.target.failures import ring_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN, STORE = "0b726612-f45f-4e5c-99b3-0af99d76735a", "downtown"
STRUCTURED = {
    "SINGER_SDK_LOG_CONFIG": str(ROOT / "orchestrate" / "logging.yaml"),
    "MELTANO_RUN_ID": RUN,
    "FRANPOS_QBO_STORE": STORE,
}
SECRET_PATH = "/collector-token-0815"
OF_TARGET = {metric for metric in RunMetric if metrics.TARGET in metric.services}
WITHOUT_OTEL = ROOT / ".meltano" / "loaders" / "target-qbo" / "venv" / "bin" / "target-qbo"

Values = dict[str, dict[frozenset[tuple[str, str]], float]]


class Collector:
    """An OpenTelemetry collector for metrics: takes OTLP over HTTP, keeps what each service sent last."""

    def __enter__(self) -> Self:
        self.resources: dict[str, dict[str, str]] = {}
        self.gauges: dict[str, Values] = {}
        self.told: dict[str, tuple[str, str]] = {}
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
                    self.told[metric.name] = (metric.unit, metric.description)
                    for point in metric.gauge.data_points:
                        attributes = frozenset((one.key, one.value.string_value) for one in point.attributes)
                        values[metric.name][attributes] = point.as_double or point.as_int
            self.resources[resource["service.name"]] = resource
            self.gauges[resource["service.name"]] = values


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("seen"), "--locations", "1", "--days", "1", "--dirty", "0.1") as made:
        yield made


def _events(entries: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [one["extra"] for one in entries if one["extra"].get("event_name") == name]


def _entries(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_logs_and_metrics_of_a_night(shop: Shop) -> None:
    loud = shop.folder / "loud.yaml"
    loud.write_text((ROOT / "orchestrate" / "logging.yaml").read_text().replace("INFO", "DEBUG"))
    with Collector() as collector:
        environment = STRUCTURED | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "SINGER_SDK_LOG_CONFIG": str(loud)}
        tap = shop.tap(env=environment)
        target = shop.target(tap.stdout, env=environment)
    assert (tap.returncode, target.returncode) == (0, 0)
    told, posted = _entries(tap.stderr), _entries(target.stderr)
    assert {(one["extra"]["run"], one["extra"]["store"]) for one in told + posted} == {(RUN, STORE)}

    tickets = shop.get("tickets")
    dirty = {one["ticket_id"] for one in tickets if one["dirt"]}
    clean = {one["ticket_id"] for one in tickets if one["expected"]["kind"] != "none"}
    skipped = _events(posted, "ticket_skipped")
    assert {one["ticket"] for one in skipped} == dirty != set()
    assert all(one["location"] == "101" and one["reason"] and one["receipt"] and one["new"] for one in skipped)
    assert {one["realm"] for one in skipped} == {shop.ready["qbo"]["realm_id"]}
    assert {one["ticket"] for one in _events(posted, "ticket_posted")} == clean
    (summary,) = [fields["summary"] for fields in _events(posted, "run_summary")]
    assert (summary["posted"], summary["skipped"]) == (len(clean), len(dirty))
    assert summary["unposted"]["skipped"]["tickets"] == len(dirty)
    by_code: dict[str, int] = defaultdict(int)
    for one in skipped:
        by_code[one["code"]] += 1
    assert summary["skipped_by_code"] == by_code

    calls = shop.calls()
    assert summary["calls"]["read_answered"] == calls["reads"]
    seen = collector.gauges[metrics.TARGET]
    assert set(seen) == OF_TARGET
    assert collector.told == {one: (one.unit, one.description) for one in RunMetric if one in collector.told}
    assert seen["qbo_tickets"][frozenset({("status", "posted")})] == len(clean)
    assert seen["qbo_tickets_skipped"] == {frozenset({("code", code)}): number for code, number in by_code.items()}
    assert seen["qbo_requests"][frozenset({("kind", "read"), ("outcome", "answered")})] == calls["reads"]
    assert sum(seen["qbo_requests"].values()) == calls["requests"]
    assert collector.gauges[metrics.TAP] == {
        "franpos_calls": {frozenset({("location_id", "101")}): 3},
        "franpos_qbo_exit_code": {frozenset(): 0},
    }
    for service in (metrics.TAP, metrics.TARGET):
        named = {name: value for name, value in collector.resources[service].items() if "." not in name}
        realm = {"realm": shop.ready["qbo"]["realm_id"]} if service == metrics.TARGET else {}
        assert named == {"store": STORE} | realm
    points = {one["metric_info"]["metric"] for one in posted if "metric_info" in one}
    assert points >= OF_TARGET - {RunMetric.EXIT_CODE}, "the log has them too"


def test_metrics_are_sent_whatever_the_log_is_like(shop: Shop) -> None:
    config = shop.folder / "quiet.yaml"
    config.write_text(
        "version: 1\ndisable_existing_loggers: false\nhandlers: {err: {class: logging.StreamHandler}}\n"
        "loggers: {singer_sdk.metrics: {level: ERROR, handlers: [err], propagate: false}}\n"
    )
    with Collector() as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "SINGER_SDK_LOG_CONFIG": str(config)}
        target = shop.target(shop.tap().stdout, env=environment | {"TARGET_QBO_LOGLEVEL": "WARNING"})
    assert target.returncode == 0
    assert "METRIC" not in target.stderr
    assert {"qbo_tickets", "qbo_tickets_unposted", "qbo_run_duration"} <= set(collector.gauges[metrics.TARGET])


def test_each_ticket_that_a_run_skips_is_a_line_once(tmp_path: Path) -> None:
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "60", "--dirty", "1")
    with Shop(tmp_path, *options) as shop:
        messages = shop.tap().stdout
        first, second = (_entries(shop.target(messages, env=STRUCTURED).stderr) for _ in range(2))
    (summary,) = [one["summary"] for one in _events(first, "run_summary")]
    skipped = _events(first, "ticket_skipped")
    assert len(skipped) == len({one["ticket"] for one in skipped}) == summary["skipped"] > 50
    assert all(one["new"] for one in skipped)
    assert first[-1]["message"] == "… see all with: franpos-qbo tickets --status skipped"
    shown = _events(second, "ticket_skipped")
    assert (len(shown), {one["new"] for one in shown}) == (50, {False}), "as far as fifty lines reach"


def test_a_run_that_stops_says_so_to_programs(shop: Shop) -> None:
    shop.configure_target(client_secret="mistyped", ledger_url=f"sqlite:///{shop.folder}/other.db")
    try:
        with Collector() as collector:
            target = shop.target(shop.tap().stdout, env=STRUCTURED | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    finally:
        shop.configure_target(**shop.ready["qbo"], ledger_url=f"sqlite:///{shop.folder}/ledger.db")
    last = _entries(target.stderr)[-1]
    assert last["extra"]["event_name"] == "run_stopped"
    assert last["extra"]["exit_code"] == target.returncode == 2
    assert last["message"] == "QuickBooks does not know this app: check client_id and client_secret"
    assert collector.gauges[metrics.TARGET]["franpos_qbo_exit_code"] == {frozenset(): 2}


def test_what_is_no_run_sends_nothing(shop: Shop) -> None:
    """Meltano discovers before each run: that must not look like a night."""
    with Collector() as collector:
        assert shop.tap("--discover", env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}).returncode == 0
        off = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SDK_DISABLED": "true"}
        assert shop.tap(env=off).returncode == 0
    assert collector.gauges == {}


def test_an_error_nobody_expected_shows_no_more_than_python_does() -> None:
    """The SDK's JSON writes the past of an exception; what was hidden, because an address was in it, stays hidden."""
    code = (
        "import tap_franpos.tap as tap\n"
        "def broken(self):\n"
        "    try: raise OSError('http://127.0.0.1/?' + 'Tok' + 'en=0815-4711')\n"
        "    except OSError: raise LookupError('without an address') from None\n"
        "tap.TapFranpos.discover_streams = broken\n"
        "tap.main()\n"
    )
    settings = {
        "TAP_FRANPOS_AUTH_TOKEN": "t",
        "TAP_FRANPOS_LOCATION_IDS": "[7]",
        "TAP_FRANPOS_START_DATE": "2026-01-01",
    }
    done = run([sys.executable, "-c", code, "--config=ENV"], env=STRUCTURED | settings)
    assert done.returncode == 1
    exception = _entries(done.stderr)[-1]["exception"]
    assert (exception["type"], exception["message"]) == ("LookupError", "without an address")
    assert "0815-4711" not in done.stdout + done.stderr


def test_a_collector_that_is_not_there_costs_one_warning_without_its_address(shop: Shop) -> None:
    ring_up(shop, lines=[{"price": "10.00"}])
    with Collector() as collector:
        gone = collector.url
    environment = STRUCTURED | {
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": gone + SECRET_PATH,
        "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "1",
    }
    messages = shop.tap().stdout
    target = shop.target(messages, env=environment)
    assert WITHOUT_OTEL.exists(), "run `make meltano` first; `make test` does"
    without = run([str(WITHOUT_OTEL), "--config", str(shop.target_config)], messages, env=environment)
    warnings = []
    for done in (target, without):
        assert done.returncode == 0
        assert SECRET_PATH not in done.stderr
        warnings += [one["message"] for one in _entries(done.stderr) if one["logger_name"] == "franpos-qbo.telemetry"]
    assert warnings == [
        "metrics could not be sent: OpenTelemetry's collector did not take them",
        "metrics are not sent: OpenTelemetry's variables are set, install franpos-qbo[otel]",
    ]
    assert shop.differences() == []


def test_a_collector_that_never_ends_its_answer_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_SECONDS", 0.5)
    metrics.keep(RunMetric.CALLS, 3, location_id="7")
    left_behind = threading.Event()

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not left_behind.wait(0.05):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{listening.getsockname()[1]}")
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        data = telemetry.Telemetry(metrics.TAP)._collected()
        assert telemetry._send_in_time(data) is False
        left_behind.set()
