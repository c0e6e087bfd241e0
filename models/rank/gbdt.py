"""Boosted trees alone: the peer that the hybrid of trees and logistic regression has to beat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.special import expit

from models.lazy import lightgbm
from models.rank.base import Ranker, Samples
from models.rank.metrics import held_out
from models.rank.trees import TREES_FILE, TreeConfig, fit_trees, held_out_rows, raw_scores


class Gbdt(Ranker[TreeConfig]):
    """Trees fitted on all folds. Files: trees.txt (LightGBM's text), ranker.json. Source: Ke et al., NeurIPS 2017."""

    kind = "gbdt"
    Config = TreeConfig

    _booster: lightgbm.Booster

    def _fit(self, samples: Samples) -> None:
        self._booster = fit_trees(samples, self.config, self.seed)
        judge = samples.where(held_out_rows(samples, self.config.held_out, self.seed))
        self.metrics = held_out(judge.y, self._predict(judge.X), judge.weight)

    def _predict(self, X: np.ndarray) -> np.ndarray:
        return expit(raw_scores(self._booster, X, self.config.num_threads))

    def _save(self, folder: Path) -> None:
        (folder / TREES_FILE).write_text(self._booster.model_to_string(), encoding="utf-8", newline="\n")

    def _load(self, folder: Path) -> None:
        self._booster = lightgbm.Booster(model_str=(folder / TREES_FILE).read_text(encoding="utf-8"))
