"""Estimators of scikit-learn: found by name, the same as by hand, graphs in float64, files without addresses."""

import json

import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import ElasticNet
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from components.errors import ConfigError, ContractError, DataError
from components.loss.huber import Huber
from components.loss.logistic import Logistic
from components.loss.squared import Squared
from components.model.scikit_learn import ScikitLearn
from components.seeds import derive
from components.values import Samples
from harness import resources
from runner.composition.configure import configure


def samples(rows, *, seed=0, targets=1, binary=False):
    rng = np.random.default_rng(seed)
    X_NF = (rng.normal(size=(rows, 4)) * [1, 10, 0.1, 1000]).astype(np.float32)
    y_NK = X_NF[:, :1] + np.sin(X_NF[:, 1:2]) * np.arange(1, targets + 1) + rng.normal(size=(rows, targets))
    return Samples.of(
        X_NF=X_NF,
        y_N=(y_NK > 0).astype(np.float64) if binary else y_NK,
        columns=("a", "b", "c", "d"),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "D"),
        symbols_N=np.zeros(rows, dtype=np.int32),
    )


def model(estimator, parameters=None, standardise=True):
    return ScikitLearn(estimator=estimator, parameters=parameters or {}, standardise=standardise)


SQUARED = Squared()


def fit(made, train, loss=SQUARED, seed=3):
    return made.fit(train, train.take(np.arange(0)), loss=loss, seed=seed, resources=resources(1))


def graph(fitted, other):
    session = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["forecast"], {"features": other.X_NF})[0]


def test_it_is_the_estimator_by_hand():
    train, other = samples(300), samples(50, seed=1)
    by_hand = make_pipeline(StandardScaler(), ElasticNet(alpha=0.1)).fit(train.X_NF.astype(float), train.y_N)
    found_NO = fit(model("linear_model.ElasticNet", {"alpha": 0.1}), train).predict(other)
    assert found_NO[:, 0] == pytest.approx(by_hand.predict(other.X_NF.astype(float)), rel=1e-6)


def test_a_seed_comes_from_the_experiment():
    train, other = samples(200), samples(50, seed=1)
    forest = model("ensemble.RandomForestRegressor", {"n_estimators": 4}, standardise=False)
    by_hand = RandomForestRegressor(n_estimators=4, random_state=derive(3, "scikit-learn", 0))
    by_hand.fit(train.X_NF.astype(float), train.y_N)
    assert fit(forest, train).predict(other)[:, 0] == pytest.approx(by_hand.predict(other.X_NF), rel=1e-6)


@pytest.mark.parametrize(
    ("estimator", "parameters"),
    [
        ("linear_model.Lasso", {"alpha": 0.01}),
        ("tree.DecisionTreeRegressor", {"max_depth": 6}),
        ("ensemble.RandomForestRegressor", {"n_estimators": 7}),
        ("ensemble.ExtraTreesRegressor", {"n_estimators": 7}),
        ("ensemble.GradientBoostingRegressor", {"n_estimators": 9}),
        ("ensemble.HistGradientBoostingRegressor", {"max_iter": 9}),
        ("svm.SVR", {"kernel": "rbf"}),
        ("svm.SVR", {"kernel": "poly", "coef0": 0.5, "max_iter": 500}),
        ("svm.SVR", {"kernel": "sigmoid", "max_iter": 500}),
        ("svm.NuSVR", {"kernel": "linear", "max_iter": 500}),
        ("neighbors.KNeighborsRegressor", {"n_neighbors": 9}),
        ("neural_network.MLPRegressor", {"hidden_layer_sizes": (5,), "max_iter": 20}),
        ("linear_model.LogisticRegression", {}),
        ("ensemble.RandomForestClassifier", {"n_estimators": 7}),
        ("ensemble.GradientBoostingClassifier", {"n_estimators": 9}),
        ("ensemble.HistGradientBoostingClassifier", {"max_iter": 9}),
        ("naive_bayes.GaussianNB", {}),
    ],
)
@pytest.mark.parametrize("standardise", [True, False])
def test_its_graph_forecasts_what_it_does(estimator, parameters, standardise):
    binary = "Classifier" in estimator or "Logistic" in estimator or "NB" in estimator
    train, other = samples(200, binary=binary), samples(300, seed=1)
    fitted = fit(model(estimator, parameters, standardise), train, loss=Logistic() if binary else Squared())
    assert graph(fitted, other) == pytest.approx(fitted.predict(other), rel=2e-6, abs=1e-6)


@pytest.mark.parametrize("estimator", ["linear_model.Ridge", "ensemble.ExtraTreesRegressor", "svm.SVR"])
def test_several_targets_are_an_estimator_each(estimator):
    train, other = samples(150, targets=3), samples(40, seed=1)
    fitted = fit(model(estimator), train)
    assert fitted.predict(other).shape == (40, 3)
    assert graph(fitted, other) == pytest.approx(fitted.predict(other), rel=2e-6)
    alone = fit(model(estimator), train.with_labels(train.y_NK[:, :1]))
    assert (fitted.predict(other)[:, :1] == alone.predict(other)).all()


def test_a_graph_that_the_converter_makes_wrong_is_refused():
    fitted = fit(model("discriminant_analysis.LinearDiscriminantAnalysis"), samples(200, binary=True), loss=Logistic())
    with pytest.raises(ContractError, match="has no ONNX graph that forecasts what it does: skl2onnx's is off by"):
        fitted.to_onnx()


def test_a_classifier_that_saw_one_class_only_forecasts_it():
    train = samples(60, binary=True)
    ones = train.with_labels(np.ones_like(train.y_NK))
    fitted = fit(model("ensemble.RandomForestClassifier", {"n_estimators": 3}), ones, loss=Logistic())
    assert (fitted.predict(train) == 1).all()
    assert (graph(fitted, train) == 1).all()


def test_a_fit_that_the_estimator_refuses_is_one_line():
    one_class = samples(60, binary=True)
    one_class = one_class.with_labels(np.zeros_like(one_class.y_NK))
    with pytest.raises(DataError, match=r"^linear_model.LogisticRegression cannot be fitted on 60 train rows: "):
        fit(model("linear_model.LogisticRegression"), one_class, loss=Logistic())


@pytest.mark.parametrize(
    ("estimator", "parameters", "says"),
    [
        ("ElasticNet", {}, "its estimator 'ElasticNet' has no module; write it as linear_model.ElasticNet"),
        ("linear_modle.Lasso", {}, "its estimator 'linear_modle.Lasso' is in no module of scikit-learn"),
        (
            "linear_model.ElastcNet",
            {},
            "its estimator 'linear_model.ElastcNet' is no regressor or classifier of scikit-learn; "
            "did you mean linear_model.ElasticNet?",
        ),
        ("svm.SVR", {"epsilonn": 1.0}, "its parameters.epsilonn is unknown to svm.SVR; did you mean epsilon?"),
        ("svm.SVC", {}, "SVC gives no probability with these parameters, and a forecast of a class is one"),
        ("svm.SVC", {"random_state": 1}, "its parameters.random_state is decided by seed; remove it"),
        (
            "linear_model.Lasso",
            {"alpha": -1.0},
            "Lasso refuses its parameters: The 'alpha' parameter of Lasso must be a float in the range [0.0, inf). "
            "Got -1.0 instead.",
        ),
    ],
)
def test_what_cannot_be_made_is_said_before_a_run(estimator, parameters, says):
    assert model(estimator, parameters).flaws() == (says,)


@pytest.mark.parametrize(
    "estimator", ["pipeline.Pipeline", "preprocessing.StandardScaler", "multioutput.ClassifierChain"]
)
def test_what_forecasts_nothing_by_itself_is_no_estimator(estimator):
    (flaw,) = model(estimator).flaws()
    assert "is no regressor or classifier of scikit-learn" in flaw


def test_losses_say_what_is_forecast():
    assert model("linear_model.Lasso").supports(Squared()) is None
    assert model("linear_model.Lasso").supports(Huber(delta=1.0)) == (
        "the squared error only, as a regressor (loss=squared)"
    )
    assert model("naive_bayes.GaussianNB").supports(Squared()) == (
        "the log likelihood only, as a classifier (loss=logistic)"
    )


def test_files_that_name_a_stranger_s_type_are_not_opened():
    made = model("linear_model.Lasso")
    files = fit(made, samples(50)).to_files()
    schema = json.loads(files["1/schema.json"])
    schema["content"]["content"]["steps"]["content"][0]["content"][1]["__module__"] = "os"
    with pytest.raises(DataError, match=r"schema.json: it names os.StandardScaler, which is no type of scikit-learn"):
        made.from_files({**files, "1/schema.json": json.dumps(schema).encode()})


def test_all_threads_and_one_fit_the_same_forest():
    train = samples(80)
    forest = model("ensemble.RandomForestRegressor", {"n_estimators": 3})
    none = train.take(np.arange(0))
    fits = [forest.fit(train, none, loss=SQUARED, seed=1, resources=resources(n)).to_files() for n in (0, 1)]
    assert fits[0] == fits[1]


def test_what_is_no_estimator_is_said_once_by_a_check():
    with pytest.raises(ConfigError) as caught:
        configure(["experiment=sp500_volatility", "model=scikit_learn", "model.estimator=ensemble.BagingRegressor"])
    assert str(caught.value).splitlines() == [
        "model: its estimator 'ensemble.BagingRegressor' is no regressor or classifier of scikit-learn; "
        "did you mean ensemble.BaggingRegressor?"
    ]
