"""The gates on the bundle: every way to differ fails, and says how."""

from dataclasses import replace

import numpy as np
import pytest

from components.gates.bundle_latency import BundleLatency
from components.gates.bundle_parity import BundleParity
from components.values import Certificate

SAME = Certificate(
    forecasts=2901,
    missing=0,
    beyond_tolerance=0,
    orders=2901,
    differing_orders=0,
    stream_differing_orders=0,
    first_divergence="",
    latency_p50_us=52.0,
    latency_p99_us=181.5,
)
PARITY = BundleParity(required=True)
LATENCY = BundleLatency(max_p50_us=300.0, max_p99_us=1000.0, required=True)


def test_both_need_the_bundle():
    assert PARITY.needs() == LATENCY.needs() == {"bundle"}


def test_the_same_forecasts_and_orders_pass(make_evidence):
    found = PARITY.judge(make_evidence(certificate=SAME))
    assert (found.status, found.value, found.threshold) == ("passed", 0.0, 0.0)
    assert found.says == "The bundle makes all 2901 forecasts and 2901 orders of the run (at once and bar by bar)."
    found = PARITY.judge(make_evidence(certificate=replace(SAME, stream_differing_orders=None)))
    assert found.status == "passed"
    assert found.says == ("The bundle makes all 2901 forecasts and 2901 orders of the run (at once, not bar by bar).")


@pytest.mark.parametrize("name", ["missing", "beyond_tolerance", "differing_orders", "stream_differing_orders"])
def test_any_difference_fails(make_evidence, name):
    differing = replace(SAME, **{name: 2}, first_divergence="2019-11-05, C: feature 'trend' 1, the run's 2")
    found = PARITY.judge(make_evidence(certificate=differing))
    assert (found.status, found.value) == ("failed", 2.0)
    assert found.says.endswith("first: 2019-11-05, C: feature 'trend' 1, the run's 2.")


def test_a_difference_is_put_into_words(make_evidence):
    differing = replace(SAME, missing=1, beyond_tolerance=2, differing_orders=4, first_divergence="here")
    assert PARITY.judge(make_evidence(certificate=differing)).says == (
        "The bundle differs from the run in 3 of 2901 forecasts and 4 of 2901 orders, and in 0 orders when bars come "
        "one by one; first: here."
    )


def test_without_a_certificate_both_fail(make_evidence):
    for gate, says in (
        (PARITY, "The run was not replayed through a bundle."),
        (LATENCY, "The bundle was not timed bar by bar."),
    ):
        found = gate.judge(make_evidence())
        assert (found.status, found.value, found.says) == ("failed", None, says)
    untimed = replace(SAME, latency_p50_us=np.nan, latency_p99_us=np.nan)
    assert LATENCY.judge(make_evidence(certificate=untimed)).status == "failed"


@pytest.mark.parametrize(
    ("p50", "p99", "status", "value", "threshold"),
    [
        (52.0, 181.5, "passed", 181.5, 1000.0),
        (300.0, 1000.0, "passed", 1000.0, 1000.0),
        (301.0, 900.0, "failed", 301.0, 300.0),
        (52.0, 1001.0, "failed", 1001.0, 1000.0),
        (400.0, 2000.0, "failed", 2000.0, 1000.0),
    ],
)
def test_both_limits_bind(make_evidence, p50, p99, status, value, threshold):
    found = LATENCY.judge(make_evidence(certificate=replace(SAME, latency_p50_us=p50, latency_p99_us=p99)))
    assert (found.status, found.value, found.threshold) == (status, value, threshold)
    assert found.says.startswith("From a new bar to its forecast the bundle takes ")


def test_a_replay_of_nothing_shows_nothing(make_evidence):
    found = PARITY.judge(make_evidence(certificate=replace(SAME, forecasts=0, orders=0)))
    assert (found.status, found.says) == ("failed", "No forecast was replayed through the bundle.")
