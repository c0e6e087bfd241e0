"""The model report: the model, its parts alone and earlier ones on a label window that none of them has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.rank.base import Ranker, Samples
from models.rank.calibration import calibration_curve
from models.rank.judgement import METRICS, Judgement, Judges, intervals
from models.rank.report_settings import ModelReportSettings
from models.rank.trees import TreeConfig, fit_trees
from models.select.effect import gain_shares

LEAST_FOLDS = 2


@dataclass(frozen=True)
class ModelReport:
    """Each has the columns of the table of its name, save ds."""

    model_report: pa.Table
    model_calibration: pa.Table
    model_importance: pa.Table


def model_report(
    samples: Samples,
    positive: np.ndarray,
    users: np.ndarray,
    new: Mapping[str, Ranker],
    stored: Mapping[str, Ranker],
    trees: TreeConfig,
    settings: ModelReportSettings,
) -> ModelReport:
    """Fits `new` on all label windows but the newest, and judges them and `stored` on that.

    The folds of the samples are label windows in the order of time. positive: (n,) of 0 and 1, what the AUCs are of.
    users: (n,) the code of a sample's user. new: name -> ranker; the others are compared with the first one. stored:
    name -> model of samples before the newest window. trees: how those are fitted whose gains tell what features are
    worth.

    Raises ValueError, one sentence, when there are fewer than two folds or a ranker can't be fitted.
    """
    folds = np.unique(samples.fold)
    if len(folds) < LEAST_FOLDS:
        raise ValueError(
            f"a model report needs {LEAST_FOLDS} label windows, to fit and to judge, and there are {len(folds)}: take "
            "a later day, or raise windows.label_windows."
        )
    newest = samples.fold == folds[-1]
    earlier, judge = samples.where(~newest), samples.where(newest)
    judges = Judges(judge.y, positive[newest], judge.weight, users[newest])
    for ranker in new.values():
        ranker.fit(earlier.X, earlier.y, earlier.weight, earlier.fold, earlier.names)
    found = {
        name: Judgement(judges, ranker.predict(judge.X, judge.names)) for name, ranker in {**new, **stored}.items()
    }
    return ModelReport(
        _figures(found, judges, settings), _curves(found, judges, settings), _importances(earlier, trees, settings)
    )


def _figures(found: Mapping[str, Judgement], judges: Judges, settings: ModelReportSettings) -> pa.Table:
    """Grain: model x metric. lead: the first model's value less this one's, and in what interval it lies."""
    first = next(iter(found))
    draws = judges.draws(settings.repeats, settings.seed)
    values = {name: judgement.metrics() for name, judgement in found.items()}
    rows = []
    for name, judgement in found.items():
        spans = {} if name == first else intervals(found[first], judgement, draws)
        for metric in METRICS:
            lead = np.nan if name == first else values[first][metric] - values[name][metric]
            low, high = spans.get(metric, (np.nan, np.nan))
            rows.append((name, metric, values[name][metric], lead, low, high))
    names = ("model", "metric", "value", "lead", "lead_low", "lead_high")
    columns = zip(*rows, strict=True)
    return pa.table({name: pa.array(column, from_pandas=True) for name, column in zip(names, columns, strict=True)})


def _curves(found: Mapping[str, Judgement], judges: Judges, settings: ModelReportSettings) -> pa.Table:
    """Grain: model x bin."""
    rows = [
        {"model": name, "bin": number, **vars(part)}
        for name, judgement in found.items()
        for number, part in enumerate(
            calibration_curve(judges.label, judgement.p, judges.weight, bins=settings.bins), start=1
        )
    ]
    return pa.Table.from_pylist(rows)


def _importances(samples: Samples, trees: TreeConfig, settings: ModelReportSettings) -> pa.Table:
    """Grain: feature with one of the largest shares of the trees' gain, the largest first."""
    gains = gain_shares(fit_trees(samples, trees, settings.seed))
    best = np.argsort(-gains, kind="stable")[: settings.top]
    names = [samples.names[place] for place in best]
    return pa.table({"place": range(1, len(best) + 1), "feature": names, "gain_share": gains[best]})
