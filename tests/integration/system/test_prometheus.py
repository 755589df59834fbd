"""A real Prometheus reads the gateway's metrics, and its sums are the journal's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator

import grpc
import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from running_system import RunningSystem, free_ports

THOUSANDTH_OF_A_CENT = 1e-5
CALLS = 7


@pytest.fixture(scope="module")
def prometheus(system: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("prometheus") is None:
        if "ATTUNE_TESTS_NEED_ALL" in os.environ:
            pytest.fail("prometheus is not installed: apt-get install prometheus")
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    target = f"127.0.0.1:{system.metrics_ports['gateway']}"
    job = {"job_name": "gateway", "static_configs": [{"targets": [target]}]}
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
    (folder / "prometheus.yml").write_text(json.dumps(config))
    (port,) = free_ports(1)
    process = subprocess.Popen(
        ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/db",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=30)


def asked(address: str, query: str) -> float | None:
    url = f"{address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            result = json.load(reply)["data"]["result"]
    except OSError:  # it is still starting
        return None
    return float(result[0]["value"][1]) if result else None


def awaited(address: str, query: str, wanted: float) -> float:
    """The value once it has come to what is wanted; the last one seen otherwise."""
    value, until = None, time.monotonic() + 30
    while time.monotonic() < until:
        value = asked(address, query)
        if value is not None and value >= wanted - THOUSANDTH_OF_A_CENT:
            return value
        time.sleep(0.2)  # Prometheus has no call that waits for the next scrape
    raise AssertionError(f"{query} is {value}, not {wanted}")


def test_the_sum_in_prometheus_is_the_sum_of_the_journal(
    system: RunningSystem, prometheus: str
) -> None:
    with grpc.insecure_channel(system.targets["gateway"]) as channel:
        stub = GatewayServiceStub(channel)
        message = pb.Message(role=pb.ROLE_USER, content="hello")
        for number in range(CALLS):
            request = pb.CompleteRequest(agent="analyst", messages=[message], seed=number)
            reply = stub.Complete(request, timeout=30)
            assert reply.cost.status == pb.COST_STATUS_OVERRIDE
        total = stub.GetSpend(pb.GetSpendRequest(), timeout=30).total
    dollars = total.cost.nano_usd / 1e9
    assert dollars > 0
    summed = awaited(prometheus, "sum(attune_llm_cost_usd_total)", dollars)
    assert abs(summed - dollars) < THOUSANDTH_OF_A_CENT
    settled = 'sum(attune_llm_calls_total{outcome="settled"})'
    assert awaited(prometheus, settled, total.calls) == total.calls >= CALLS
    tokens = 'sum(attune_llm_tokens_total{token_type="output"})'
    assert awaited(prometheus, tokens, total.usage.output_tokens) == total.usage.output_tokens


@pytest.mark.parametrize("service", ["gateway", "domain", "director", "analyst"])
def test_promtool_has_nothing_to_say(service: str, system: RunningSystem) -> None:
    if shutil.which("promtool") is None:
        if "ATTUNE_TESTS_NEED_ALL" in os.environ:
            pytest.fail("promtool is not installed: apt-get install prometheus")
        pytest.skip("promtool is not installed: apt-get install prometheus")
    url = f"http://127.0.0.1:{system.metrics_ports[service]}/metrics"
    with urllib.request.urlopen(url, timeout=10) as reply:
        text = reply.read()
    ran = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, b"")
