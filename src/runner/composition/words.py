"""What the words mean that verdicts, reports and these pages use."""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "panel": "Bars of many symbols: symbol x timestamp x field (open, high, low, close, volume, ...). Never changed.",
    "feature": "A named, causal expression over a panel.",
    "feature set": "A list of features; several sets combine: features=[momentum,volatility].",
    "target": "The quantity to forecast, an expression that looks forward; its horizon is derived from the expression.",
    "horizon": "How many bars a target looks ahead.",
    "fold": "Train, valid and test spans of one split, purged by the target's horizon and embargoed.",
    "purge": "Rows are left out of training whose labels are not known when the next span begins; nobody types it.",
    "embargo": "After a test span rows are trained on only where their features do not reach back into it.",
    "vault": "The last stretch of history, outside every fold, metric, report and statistic (split.vault_start). It is "
    "opened at promotion only, each opening is recorded, and bars that were seen before are reused.",
    "model": "A frozen specification with a fit; what its fit returns is the fitted model.",
    "forecast": "Out-of-sample predictions: means, quantiles or probabilities per symbol, timestamp and horizon.",
    "ensemble": "A model made of models.",
    "portfolio": "Turns forecasts into target weights.",
    "backtest": "Turns weights into trades, costs and equity.",
    "gate": "One named check with a threshold.",
    "verdict": "All gates together: a level, and two results, of the forecast and of the portfolio.",
    "trial": "One configuration evaluated on a family of data; the ledger remembers all, failed and pruned ones too.",
    "family": "The trials that share a market and overlap in time; found by how symbols moved, not by a file's name.",
    "label_end": "The timestamp of the last bar that a label reads, of its own symbol.",
    "run": "One execution of an experiment, with a folder of its own.",
    "sweep": "Many runs over a search space: -m, or +sweep=NAME.",
    "study": "A question answered by runs, kept under experiments/ with a ledger of its own.",
    "bundle": "The promoted, self-contained inference export: data only, no code.",
    "registry": "The folder that holds the versions of bundles, and the aliases that point at them.",
    "output": "One column of a forecast: of which target, how many bars ahead, which statistic (mean, quantile, "
    "probability of a class, scale).",
    "market": "What the ledger counts by: symbols recognised by how they moved, whatever file, name, scale or format "
    "they came in.",
    "seen": "Bars are seen once anything was fitted on, scored on, shown from or opened over them; the ledger knows by "
    "which trial or look.",
    "look": "An evaluation that is no trial (debug, features, leaktest): it sees bars, is recorded, and cannot be "
    "promoted.",
    "level": "What a verdict comes to: rejected, candidate or hallmarked.",
    "rejected": "A required gate failed, or nothing showed skill.",
    "candidate": "Passed its gates, but not everything that gates=strict asks for on a vault that nobody had seen.",
    "hallmarked": "Passed gates=strict with an unseen vault and a whole record; it alone becomes champion by itself.",
    "champion": "The alias of the bundle in charge.",
    "challenger": "The alias of a bundle that is compared with the champion.",
    "provenance": "Whether forecasts were fitted here, or claimed: made elsewhere and handed in, see judge.",
    "claimed": "Of forecasts that were made elsewhere: judged as any others, candidates at most, without a bundle.",
    "actor": "Who made a trial or look: a person, a build server, an agent; noted in every event.",
    "ledger": "The chained record of trials, looks and openings, in the user's data folder (ASSAY_LEDGER moves it).",
    "scenario": "A worse or other world for the same decisions: doubled costs, later fills, another rebalance day.",
    "baseline": "A forecast that the model must beat in the same folds; no trial.",
    "slot": "A place of an experiment that one choice fills: conf/SLOT/CHOICE.yaml.",
    "choice": "A file of conf/SLOT/, named SLOT=CHOICE.",
}
