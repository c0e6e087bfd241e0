"""What admits a ranker: subclass `RankerConformance`, name the ranker, and every test below applies to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from models.rank import load_ranker
from models.rank.base import Ranker
from models.rank.metrics import auc

NAMES = ("signal", "counter", "noise")
ROWS, LIST = 3000, 10
SEED = 7


@dataclass(frozen=True)
class Labelled:
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    fold: np.ndarray
    group: np.ndarray

    def arguments(self, **changes: Any) -> dict[str, Any]:
        return {**vars(self), "feature_names": NAMES, **changes}


def make_samples(rows: int = ROWS, seed: int = 0) -> Labelled:
    """Three folds of lists of ten rows. The label follows the first feature up and the second down; a tenth of the
    values is missing.
    """
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, len(NAMES))).astype(np.float32)
    y = (3 * X[:, 0] - 2 * X[:, 1] + random.logistic(size=rows) * 0.5 > 0).astype(np.float64)
    X[random.random(X.shape) < 0.1] = np.nan
    return Labelled(X, y, np.ones(rows, np.float32), np.arange(rows) * 3 // rows, np.arange(rows) // LIST)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


class RankerConformance:
    """Grain of a subclass: one registered ranker, with a configuration that fits quickly."""

    name: ClassVar[str]
    config: ClassVar[dict[str, Any]] = {}

    @classmethod
    def new(cls, **config: Any) -> Any:
        ranker = load_ranker(cls.name)
        return ranker(ranker.Config(**{**cls.config, **config}), seed=SEED)

    @pytest.fixture(scope="class")
    @classmethod
    def samples(cls) -> Labelled:
        return make_samples()

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, samples: Labelled) -> Ranker[Any]:
        return cls.new().fit(**samples.arguments())

    def test_kind_is_the_registered_name(self) -> None:
        assert load_ranker(self.name).kind == self.name

    def test_learns_an_obvious_signal_despite_missing_values(self, fitted: Ranker[Any]) -> None:
        fresh = make_samples(seed=1)
        assert auc(fresh.y, fitted.predict(fresh.X)) > 0.9

    def test_is_calibrated(self, fitted: Ranker[Any]) -> None:
        fresh = make_samples(seed=1)
        assert fitted.predict(fresh.X).mean() == pytest.approx(fresh.y.mean(), abs=0.05)

    def test_probabilities_lie_strictly_between_0_and_1(self, fitted: Ranker[Any]) -> None:
        largest = np.finfo(np.float32).max
        extremes = np.array([[largest, -largest, 0], [-largest, largest, 0], [np.nan] * 3], np.float32)
        p = fitted.predict(extremes)
        assert p.shape == (3,) and p.dtype == np.float64
        assert ((p > 0) & (p < 1)).all()

    def test_no_rows_give_no_probabilities(self, fitted: Ranker[Any]) -> None:
        assert fitted.predict(np.empty((0, len(NAMES)), np.float32)).shape == (0,)

    def test_a_row_scores_alike_wherever_it_stands(self, fitted: Ranker[Any], samples: Labelled) -> None:
        order = np.random.default_rng(2).permutation(ROWS)
        p = fitted.predict(samples.X)
        assert np.array_equal(fitted.predict(samples.X[order]), p[order])
        assert np.array_equal(fitted.predict(samples.X[5:8]), p[5:8])

    def test_load_gives_back_what_was_saved(self, fitted: Ranker[Any], samples: Labelled, tmp_path: Path) -> None:
        measured = {"auc": 0.5, "gauc": float("nan")}
        fitted.save(tmp_path / "first", measured, {"days": ["2026-01-01"]})
        loaded = type(fitted).load(tmp_path / "first")
        assert np.array_equal(loaded.predict(samples.X), fitted.predict(samples.X))
        assert loaded.feature_names == NAMES and loaded.config == fitted.config and loaded.seed == SEED
        assert loaded.metrics == {**fitted.metrics, "auc": 0.5, "gauc": None}
        assert loaded.trained_on == {"days": ["2026-01-01"]}
        loaded.save(tmp_path / "second")
        assert files(tmp_path / "first") == files(tmp_path / "second")

    def test_same_seed_same_bytes(self, samples: Labelled, tmp_path: Path) -> None:
        for name in ("first", "second"):
            self.new().fit(**samples.arguments()).save(tmp_path / name)
        assert files(tmp_path / "first") == files(tmp_path / "second")

    def test_load_refuses_another_kind(self, fitted: Ranker[Any], tmp_path: Path) -> None:
        fitted.save(tmp_path)
        other = load_ranker("lr" if self.name != "lr" else "gbdt")
        with pytest.raises(ValueError, match=f"holds a ranker of kind '{self.name}'"):
            other.load(tmp_path)

    def test_weights_matter(self, samples: Labelled) -> None:
        """Every row appears with its label and with the opposite one; the heavier half decides."""
        X, y = np.repeat(samples.X, 2, axis=0), np.repeat(samples.y, 2)
        y[1::2] = 1 - y[1::2]
        weight = np.where(np.arange(len(y)) % 2, 0.1, 1).astype(np.float32)
        fold = np.repeat(samples.fold, 2)
        straight = self.new().fit(X, y, weight, fold, NAMES).predict(samples.X)
        opposite = self.new().fit(X, y, 1.1 - weight, fold, NAMES).predict(samples.X)
        assert auc(samples.y, straight) > 0.9
        assert auc(samples.y, opposite) < 0.1

    def test_fractional_labels_pull_towards_their_value(self, samples: Labelled) -> None:
        y = np.where(samples.y > 0, 0.8, 0.4)
        p = self.new().fit(**samples.arguments(y=y)).predict(samples.X)
        assert auc(samples.y, p) > 0.9
        assert p.mean() == pytest.approx(y.mean(), abs=0.05)

    def test_refuses_other_features(self, fitted: Ranker[Any], samples: Labelled) -> None:
        with pytest.raises(ValueError, match=r"missing \['counter'\], unexpected \['other'\]"):
            fitted.predict(samples.X, feature_names=("signal", "other", "noise"))
        with pytest.raises(ValueError, match="another order"):
            fitted.predict(samples.X, feature_names=NAMES[::-1])
        with pytest.raises(ValueError, match=r"shape \(rows, 3\)"):
            fitted.predict(samples.X[:, :2])
        fitted.predict(samples.X[:1], feature_names=list(NAMES))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"y": np.full(ROWS, np.nan)}, "labels must be finite"),
            ({"y": np.full(ROWS, 2.0)}, r"within \[0, 1\]"),
            ({"y": np.ones(ROWS)}, "single class"),
            ({"y": np.ones(ROWS - 1)}, "y must have the shape"),
            ({"weight": np.zeros(ROWS)}, "weights must be finite and above 0"),
            ({"fold": np.zeros(ROWS)}, "fold must hold integers"),
            ({"X": np.full((ROWS, 3), np.inf)}, r"infinite values in columns \[0, 1, 2\]"),
            ({"feature_names": ("a", "a", "b")}, r"repeated: \['a'\]"),
            ({"group": np.zeros(ROWS)}, "group must hold 3000 integers"),
            ({"group": np.arange(ROWS) % 2}, "rows of a list must be neighbours: group has 2 lists in 3000 runs"),
            ({"feature_names": NAMES[:2]}, r"shape \(rows, 2\)"),
        ],
    )
    def test_refuses_bad_samples(self, samples: Labelled, change: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            self.new().fit(**samples.arguments(**change))

    def test_learns_without_lists(self, samples: Labelled) -> None:
        ranker = self.new().fit(**samples.arguments(group=None))
        assert auc(samples.y, ranker.predict(samples.X)) > 0.9

    def test_needs_a_fit(self, samples: Labelled, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError, match="isn't fitted"):
            self.new().predict(samples.X)
        with pytest.raises(RuntimeError, match="isn't fitted"):
            self.new().save(tmp_path)
