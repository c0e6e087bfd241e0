"""Libraries that take a second to load, for modules from which every job of a night reads settings: loaded when used.

LightGBM brings scikit-learn and pandas along. A job that fits or asks no ranker has no use for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import lightgbm as lightgbm
    from scipy import optimize as optimize
    from sklearn import metrics as metrics
else:

    class _Library:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            return getattr(import_module(self._name), attribute)

    lightgbm, optimize, metrics = map(_Library, ("lightgbm", "scipy.optimize", "sklearn.metrics"))
