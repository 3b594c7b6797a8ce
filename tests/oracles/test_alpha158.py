"""The 158 features of qlib's Alpha158 on its published test series.

The values are those of the expressions of microsoft/qlib, contrib/data/loader.py, on the last row of a
deterministic series of 80 days, computed with the rolling kernels of pyqlib 0.9.7 and with pandas 3.1.1.
"""

import numpy as np
import pytest
import yaml

from components.expressions import Node, evaluate, parse, reach
from components.panel import Panel
from runner.composition.places import config_folder

LAST_ROW = {
    "KMID": 0.001300323134,
    "KLEN": 0.009773881823,
    "KMID2": 0.1330406033,
    "KUP": 0.005080033268,
    "KUP2": 0.5197559537,
    "KLOW": 0.00339352542,
    "KLOW2": 0.347203443,
    "KSFT": -0.000386184714,
    "KSFT2": -0.03951190745,
    "OPEN0": 0.9987013655,
    "HIGH0": 1.005073436,
    "LOW0": 0.995312247,
    "VWAP0": 1.000128561,
    "ROC5": 1.047023543,
    "ROC10": 1.115512109,
    "ROC20": 1.029030352,
    "ROC30": 1.1068465,
    "ROC60": 0.9968269182,
    "MA5": 1.011398243,
    "MA10": 1.045155416,
    "MA20": 1.066784042,
    "MA30": 1.061737474,
    "MA60": 1.052005785,
    "STD5": 0.01297016415,
    "STD10": 0.03999824903,
    "STD20": 0.04112547821,
    "STD30": 0.03739761491,
    "STD60": 0.04024236916,
    "BETA5": -0.007828177464,
    "BETA10": -0.01302447521,
    "BETA20": -0.003667984806,
    "BETA30": -0.0007302428011,
    "BETA60": 0.000589444739,
    "RSQR5": 0.9106896249,
    "RSQR10": 0.9719634778,
    "RSQR20": 0.2784204804,
    "RSQR30": 0.02954938596,
    "RSQR60": 0.06543633237,
    "RESI5": 0.004258112391,
    "RESI10": 0.01345472221,
    "RESI20": -0.03193818611,
    "RESI30": -0.05114895371,
    "RESI60": -0.06939440527,
    "MAX5": 1.037071738,
    "MAX10": 1.111390082,
    "MAX20": 1.126929264,
    "MAX30": 1.126929264,
    "MAX60": 1.126929264,
    "MIN5": 0.995312247,
    "MIN10": 0.995312247,
    "MIN20": 0.995312247,
    "MIN30": 0.995312247,
    "MIN60": 0.9718512485,
    "QTLU5": 1.020155305,
    "QTLU10": 1.083586747,
    "QTLU20": 1.108456112,
    "QTLU30": 1.099840962,
    "QTLU60": 1.094788247,
    "QTLD5": 1.001017412,
    "QTLD10": 1.006037095,
    "QTLD20": 1.028335715,
    "QTLD30": 1.028179258,
    "QTLD60": 1.013564947,
    "RANK5": 0.2,
    "RANK10": 0.1,
    "RANK20": 0.05,
    "RANK30": 0.03333333333,
    "RANK60": 0.1166666667,
    "RSV5": 0.1122559889,
    "RSV10": 0.04038456593,
    "RSV20": 0.03561661753,
    "RSV30": 0.03561661753,
    "RSV60": 0.181513488,
    "IMAX5": 0.2,
    "IMAX10": 0.1,
    "IMAX20": 0.45,
    "IMAX30": 0.6333333333,
    "IMAX60": 0.8166666667,
    "IMIN5": 1.0,
    "IMIN10": 1.0,
    "IMIN20": 1.0,
    "IMIN30": 1.0,
    "IMIN60": 0.2833333333,
    "IMXD5": -0.8,
    "IMXD10": -0.9,
    "IMXD20": -0.55,
    "IMXD30": -0.3666666667,
    "IMXD60": 0.5333333333,
    "CORR5": 0.4186154674,
    "CORR10": 0.865513129,
    "CORR20": 0.9016348769,
    "CORR30": 0.5165828095,
    "CORR60": -0.02982102338,
    "CORD5": -0.5091739367,
    "CORD10": -0.3210328465,
    "CORD20": 0.4204512963,
    "CORD30": 0.2602573949,
    "CORD60": -0.04764800449,
    "CNTP5": 0.0,
    "CNTP10": 0.0,
    "CNTP20": 0.45,
    "CNTP30": 0.3333333333,
    "CNTP60": 0.4833333333,
    "CNTN5": 1.0,
    "CNTN10": 1.0,
    "CNTN20": 0.55,
    "CNTN30": 0.6666666667,
    "CNTN60": 0.5166666667,
    "CNTD5": -1.0,
    "CNTD10": -1.0,
    "CNTD20": -0.1,
    "CNTD30": -0.3333333333,
    "CNTD60": -0.03333333333,
    "SUMP5": 0.0,
    "SUMP10": 0.0,
    "SUMP20": 0.4306202118,
    "SUMP30": 0.3192625246,
    "SUMP60": 0.5026683372,
    "SUMN5": 1.0,
    "SUMN10": 1.0,
    "SUMN20": 0.5693797882,
    "SUMN30": 0.6807374754,
    "SUMN60": 0.4973316628,
    "SUMD5": -1.0,
    "SUMD10": -1.0,
    "SUMD20": -0.1387595765,
    "SUMD30": -0.3614749508,
    "SUMD60": 0.005336674427,
    "VMA5": 1.220165308,
    "VMA10": 1.422011782,
    "VMA20": 1.556437959,
    "VMA30": 1.400784001,
    "VMA60": 1.403621722,
    "VSTD5": 0.1303292177,
    "VSTD10": 0.2438168547,
    "VSTD20": 0.2592041357,
    "VSTD30": 0.3227449322,
    "VSTD60": 0.3168374195,
    "WVMA5": 0.627811019,
    "WVMA10": 0.4804727171,
    "WVMA20": 0.4890418671,
    "WVMA30": 0.5630960062,
    "WVMA60": 0.5758753791,
    "VSUMP5": 0.1574148303,
    "VSUMP10": 0.1839697673,
    "VSUMP20": 0.4245211199,
    "VSUMP30": 0.4760491806,
    "VSUMP60": 0.4848232958,
    "VSUMN5": 0.8425851697,
    "VSUMN10": 0.8160302327,
    "VSUMN20": 0.5754788801,
    "VSUMN30": 0.5239508194,
    "VSUMN60": 0.5151767042,
    "VSUMD5": -0.6851703394,
    "VSUMD10": -0.6320604653,
    "VSUMD20": -0.1509577603,
    "VSUMD30": -0.04790163878,
    "VSUMD60": -0.03035340835,
}


def _features() -> dict[str, Node]:
    alpha = yaml.safe_load((config_folder() / "features" / "alpha158.yaml").read_text())
    alpha["definitions"]["typical"] = "vwap"  # the market here has its own
    fields = ("open", "high", "low", "close", "volume", "vwap")
    return {
        name.format(w=w): parse(text.format(w=w), let=alpha["definitions"], fields=fields, where=name)
        for name, text in alpha["expressions"].items()
        for w in (alpha["windows"] if "{w}" in name else [0])
    }


def _series() -> Panel:
    t = np.arange(80)
    close = 100 + 5 * np.sin(0.3 * t) + 2 * np.cos(0.11 * t) + 0.05 * t
    open_ = close - 0.4 * np.cos(0.7 * t)
    high = np.maximum(open_, close) + 0.3 + 0.2 * abs(np.sin(0.5 * t))
    low = np.minimum(open_, close) - 0.25 - 0.2 * abs(np.cos(0.9 * t))
    volume = 1e6 * (1 + 0.3 * np.sin(0.21 * t) + 0.1 * np.cos(1.3 * t))
    fields = {
        "open": open_,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
        "vwap": (high + low + close) / 3,
    }
    return Panel(symbols=("A",), offsets=np.array([0, 80]), timestamps_R=np.datetime64("2020-01-01") + t, fields=fields)


def test_last_row() -> None:
    features = _features()
    assert set(features) == set(LAST_ROW)
    values = evaluate(features, _series(), dtype=np.float64)[:, -1]
    for name, value in zip(features, values, strict=True):
        assert value == pytest.approx(LAST_ROW[name], rel=1e-7, abs=1e-12), name


def test_windows_are_full_and_causal() -> None:
    features = _features()
    values = evaluate(features, _series())
    for (name, node), row in zip(features.items(), values, strict=True):
        assert reach(node).lookahead_bars == 0
        assert np.isnan(row[: reach(node).lookback_bars]).all(), name
        assert not np.isnan(row[reach(node).lookback_bars :]).any(), name
