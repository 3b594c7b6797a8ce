"""Laws of ensembles: what is made of models is a model, with all of its laws."""

from components.contracts import Ensemble, Model
from runner.testing.companions import shipped
from runner.testing.law import Law, law, require
from runner.testing.laws import model as models


def _around(ensemble: Ensemble) -> Model:
    """Around a model that reads all rows in one pass, so that what is tested is the ensemble."""
    for model in shipped(Model):
        if model.several_targets and model.lookback_rows == 1:
            return ensemble.around(model)
    raise LookupError("no shipped model can stand in an ensemble")


def _obeys(ensemble: Ensemble, one: Law) -> None:
    one.function(_around(ensemble))


@law
def a_model(ensemble: Ensemble) -> None:
    """It gives a model around the configured one, and its further members are models."""
    require(isinstance(_around(ensemble), Model), "around() gives no model")
    require(all(isinstance(member, Model) for member in ensemble.members().values()), "a member is no model")
    require(_around(ensemble) == _around(ensemble), "around() gives another model the second time")


@law
def deterministic(ensemble: Ensemble) -> None:
    """As every model: same arguments, same bytes, and the files give the forecasts back."""
    _obeys(ensemble, models.deterministic)


@law
def forecasts(ensemble: Ensemble) -> None:
    """As every model: what the loss's head asks for, finite."""
    _obeys(ensemble, models.forecasts)


@law
def rows_alone(ensemble: Ensemble) -> None:
    """As every model: a row's forecast is its own."""
    _obeys(ensemble, models.rows_alone)


@law
def input_unchanged(ensemble: Ensemble) -> None:
    """As every model: the samples that it is given stay as they are."""
    _obeys(ensemble, models.input_unchanged)


@law
def row_order(ensemble: Ensemble) -> None:
    """As every model: the order of the rows decides nothing unless it declares that it draws them."""
    _obeys(ensemble, models.row_order)


@law
def survives(ensemble: Ensemble) -> None:
    """As every model: little data gives a result or a DataError."""
    _obeys(ensemble, models.survives)


@law
def exports(ensemble: Ensemble) -> None:
    """As every model: its graph gives its forecasts."""
    _obeys(ensemble, models.exports)


@law
def valid_rows(ensemble: Ensemble) -> None:
    """As every model: what valid rows decided refits without them."""
    _obeys(ensemble, models.valid_rows)
