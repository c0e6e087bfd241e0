"""What every ranker is: fit on samples with folds in time, predict a probability, save to and load from text files."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np

from features.settings import Settings

RANKER_FILE = "ranker.json"
EDGE = 1e-12  # probabilities stay this far from 0 and 1, so that their log loss is finite

ConfigT = TypeVar("ConfigT", bound=Settings)


@dataclass(frozen=True)
class Samples:
    """Checked samples, as `Ranker.fit` describes them; grain: user, item and label window. y: float64.

    group: None when the rows are no lists.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    fold: np.ndarray
    names: tuple[str, ...]
    group: np.ndarray | None = None

    def where(self, rows: np.ndarray) -> Samples:
        """The samples of a mask or of row numbers."""
        group = None if self.group is None else self.group[rows]
        return Samples(self.X[rows], self.y[rows], self.weight[rows], self.fold[rows], self.names, group)


class Ranker(ABC, Generic[ConfigT]):
    """A model of P(label = 1 | features). Public methods check, private hooks (`_fit`, `_predict`, ...) compute.

    A plug-in sets `kind` (its name in the registry), `Config` (its section of the configuration) and, where its parts
    need disjoint folds, `min_folds`. Equal arguments give equal bytes on disk.
    """

    kind: ClassVar[str]
    Config: ClassVar[type[Settings]]
    min_folds: ClassVar[int] = 1

    def __init__(self, config: ConfigT, *, seed: int) -> None:
        self.config = config
        self.seed = seed
        self.feature_names: tuple[str, ...] = ()
        self.metrics: dict[str, float | None] = {}
        self.trained_on: dict[str, Any] = {}

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray,
        fold: np.ndarray,
        feature_names: Sequence[str],
        group: np.ndarray | None = None,
    ) -> Self:
        """Learn from n samples of f features; grain of the rows: one user, item and label window.

        X: (n, f) float32, NaN means missing. y: (n,) in [0, 1]; a fraction is a label shared between 0 and 1.
        weight: (n,) float32 above 0, the samples that a row stands for. fold: (n,) integers, the label window of a row,
        ascending in time. feature_names: f distinct names, stored with the model. group: (n,) integers, the list (user
        and label window) of a row; rows of a list are neighbours. What is held out is held out as whole lists; None:
        in runs of rows, and nothing is learned from the order within lists.

        Raises ValueError, one sentence, when shapes differ, a value is out of range, all labels are equal, rows of a
        list are apart or there are fewer than `min_folds` folds.
        """
        names = tuple(feature_names)
        X = _matrix(X, len(names))
        y, weight, fold = np.asarray(y, np.float64), np.asarray(weight, np.float32), np.asarray(fold)
        group = None if group is None else np.asarray(group)
        _check_names(names)
        _check_samples(X, y, weight, fold)
        if group is not None:
            _check_lists(group, len(X))
        folds = len(np.unique(fold))
        if folds < self.min_folds:
            raise ValueError(
                f"ranker {self.kind} needs samples of at least {self.min_folds} folds, got {folds}: its parts are "
                "fitted on disjoint label windows, so add earlier label days."
            )
        self.metrics, self.trained_on = {}, {}
        self._fit(Samples(X, y, weight, fold, names, group))
        self.feature_names = names
        return self

    def predict(self, X: np.ndarray, feature_names: Sequence[str] | None = None) -> np.ndarray:
        """Probabilities of n rows: (n,) float64 in (0, 1), each independent of the other rows.

        X: (n, f) float32 in the order of the stored feature names, NaN means missing. feature_names: when given, must
        be the stored ones in their order.

        Raises ValueError on another width, an infinite value or other feature names; the message names the missing and
        the unexpected ones. Raises RuntimeError before `fit` or `load`.
        """
        self._require_fitted()
        if feature_names is not None:
            _check_same_names(self.feature_names, tuple(feature_names))
        X = _matrix(X, len(self.feature_names))
        if not len(X):
            return np.empty(0)
        return np.clip(self._predict(X), EDGE, 1 - EDGE)

    def save(
        self, folder: Path, metrics: Mapping[str, float] | None = None, trained_on: Mapping[str, Any] | None = None
    ) -> None:
        """Write the model's files into `folder`, which is created.

        Beside them go `metrics` (NaN means undefined) on top of those that the fit left, and `trained_on`: what the
        samples were, such as their days, as JSON takes it.
        """
        self._require_fitted()
        self.metrics |= {name: float(v) if math.isfinite(v) else None for name, v in (metrics or {}).items()}
        self.trained_on = dict(trained_on or self.trained_on)
        folder.mkdir(parents=True, exist_ok=True)
        self._save(folder)
        record = {
            "kind": self.kind,
            "seed": self.seed,
            "config": self.config.model_dump(mode="json"),
            "feature_names": self.feature_names,
            "metrics": self.metrics,
            "trained_on": self.trained_on,
        }
        write_json(folder / RANKER_FILE, record)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The ranker saved in `folder`; it predicts exactly what the saved one did.

        Raises FileNotFoundError when a file is missing, ValueError when the folder holds another kind of ranker.
        """
        record = read_json(folder / RANKER_FILE)
        if record["kind"] != cls.kind:
            raise ValueError(f"{folder} holds a ranker of kind {record['kind']!r}, not {cls.kind!r}.")
        ranker = cls(cls.Config.model_validate(record["config"]), seed=record["seed"])  # type: ignore[arg-type]
        ranker.feature_names = tuple(record["feature_names"])
        ranker.metrics, ranker.trained_on = record["metrics"], record["trained_on"]
        ranker._load(folder)
        return ranker

    def _require_fitted(self) -> None:
        if not self.feature_names:
            raise RuntimeError(f"ranker {self.kind} isn't fitted: call fit or load first.")

    @abstractmethod
    def _fit(self, samples: Samples) -> None: ...

    @abstractmethod
    def _predict(self, X: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def _save(self, folder: Path) -> None: ...

    @abstractmethod
    def _load(self, folder: Path) -> None: ...


def check_varied(y: np.ndarray, what: str) -> None:
    """Raises ValueError when the labels of `what` are all equal, or there are none."""
    if not len(y) or y.min() == y.max():
        raise ValueError(f"{what} hold a single class: labels of both 0 and 1 are needed.")


def write_json(path: Path, value: Any) -> None:
    """Floats are written by repr, so they come back exactly; keys are sorted, so equal values give equal bytes."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _matrix(X: np.ndarray, width: int) -> np.ndarray:
    X = np.ascontiguousarray(X, dtype=np.float32)
    if X.ndim != 2 or X.shape[1] != width:
        raise ValueError(f"X must have the shape (rows, {width}), one column a feature name, got {X.shape}.")
    if np.isinf(X).any():
        columns = np.flatnonzero(np.isinf(X).any(axis=0)).tolist()
        raise ValueError(f"X holds infinite values in columns {columns}: a missing value is NaN.")
    return X


def _check_names(names: tuple[str, ...]) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if not names or doubled:
        raise ValueError(f"feature names must be present and distinct, repeated: {doubled}.")


def _check_same_names(expected: tuple[str, ...], given: tuple[str, ...]) -> None:
    if given == expected:
        return
    missing = sorted(set(expected) - set(given))
    unexpected = sorted(set(given) - set(expected))
    if missing or unexpected or len(given) != len(expected):
        raise ValueError(f"features differ from those of the fit: missing {missing}, unexpected {unexpected}.")
    raise ValueError("features stand in another order than those of the fit.")


def _check_lists(group: np.ndarray, rows: int) -> None:
    if group.shape != (rows,) or not np.issubdtype(group.dtype, np.integer):
        raise ValueError(f"group must hold {rows} integers, one a row of X, got {group.dtype} of shape {group.shape}.")
    runs = 1 + np.count_nonzero(np.diff(group))
    if runs > (lists := len(np.unique(group))):
        raise ValueError(f"rows of a list must be neighbours: group has {lists} lists in {runs} runs of rows.")


def _check_samples(X: np.ndarray, y: np.ndarray, weight: np.ndarray, fold: np.ndarray) -> None:
    for name, values in (("y", y), ("weight", weight), ("fold", fold)):
        if values.shape != (len(X),):
            raise ValueError(f"{name} must have the shape ({len(X)},), one value a row of X, got {values.shape}.")
    if not np.issubdtype(fold.dtype, np.integer):
        raise ValueError(f"fold must hold integers, got {fold.dtype}.")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError("labels must be finite and within [0, 1].")
    if not ((weight > 0) & np.isfinite(weight)).all():
        raise ValueError("weights must be finite and above 0.")
    check_varied(y, "the samples")
