"""A workspace is made by code; what would be sent is read back."""

import json
import warnings
from importlib.util import find_spec

import pytest

from components.errors import Unavailable
from runner.tracking.workspace import comparison, saved

pytestmark = pytest.mark.skipif(
    find_spec("wandb_workspaces") is None, reason="it is not installed: pip install 'assay-runner[workspaces]'"
)


@pytest.mark.filterwarnings("ignore")
def test_the_trials_of_a_sweep_stand_beside_each_other():
    made = comparison(
        project="assay",
        entity="me",
        sweep="20200301T100000Z",
        objectives={"valid/mse": -1, "valid/r2": 1},
        parameters=["model", "model.penalty"],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sent = json.loads(made._to_model().model_dump_json(by_alias=True))
    assert (sent["entity"], sent["project"], sent["displayName"]) == ("me", "assay", "Sweep 20200301T100000Z")
    sections = sent["spec"]["section"]["panelBankConfig"]["sections"]
    assert [section["name"] for section in sections] == ["Parameters", "Folds", "Stages", "Pictures"]
    parallel, importance, *scatters, comparer = sections[0]["panels"]
    columns = ["config:model.value._target_", "config:model.value.penalty", "summary:valid/mse", "summary:valid/r2"]
    assert [column["accessor"] for column in parallel["config"]["columns"]] == columns
    assert importance["viewType"] == "Parameter Importance"
    assert len(scatters) == 4
    assert comparer["config"] == {"diffOnly": True}
    assert [panel["config"]["metrics"] for panel in sections[1]["panels"]] == [["fold/valid_mse"], ["fold/valid_r2"]]
    assert sections[2]["panels"][0]["config"]["xAxis"] == "stage"
    runs = json.dumps(sent["spec"]["section"]["runSets"])
    assert '"20200301T100000Z"' in runs
    assert '"name": "valid/mse"}, "ascending": true' in runs


@pytest.mark.filterwarnings("ignore")
def test_without_a_key_or_a_network_it_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    made = comparison(project="assay", entity="me", sweep="s", objectives={"valid/mse": -1}, parameters=["seed"])
    with pytest.raises(Unavailable) as error:
        saved(made)
    assert "\n" not in str(error.value)
