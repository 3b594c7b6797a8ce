"""What the card says of a promotion."""

from runner.bundle.promoted import defects

GAP = {"check": "gaps", "count": 2, "action": "kept", "example": "x.csv: 9 sessions without a bar before: symbol A"}


def test_defects_of_the_bars_of_the_run_and_of_all_that_the_model_was_fitted_on() -> None:
    assert defects([], [GAP, GAP | {"check": "splits"}]).splitlines() == [
        "- Checks of the bars before the vault: nothing was found.",
        "- Checks of the bars that the deployed model was fitted on, all there are: gaps: 2 kept, for example x.csv: 9 "
        "sessions without a bar before: symbol A; splits: 2 kept, for example x.csv: 9 sessions without a bar before: "
        "symbol A.",
    ]
    assert defects([GAP], None).count("\n") == 0
    assert defects(None, None) == ""
