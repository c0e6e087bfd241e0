"""The registry of rankers: a name and where its class lies. Importing it loads no numpy, pandas, Spark or LightGBM."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.rank.base import Ranker

RANKERS: dict[str, str] = {
    "gbdt_lr": "models.rank.gbdt_lr:GbdtLr",
    "gbdt": "models.rank.gbdt:Gbdt",
    "lr": "models.rank.lr:Lr",
    "fm": "models.rank.fm:Fm",
}


def load_ranker(name: str) -> type[Ranker[Any]]:
    """The class registered under `name`.

    Raises ValueError for an unknown name; the message lists the known ones.
    """
    if name not in RANKERS:
        raise ValueError(f"unknown ranker {name!r}: known are {', '.join(RANKERS)}.")
    module, _, attribute = RANKERS[name].partition(":")
    return getattr(import_module(module), attribute)
