"""The files in conf/ as plain data: the defaults, then the data set's overlay, then the environment.

Standard library only, so that the DAG can read them without loading what an algorithm is made of.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.errors import UsageError

CHECKOUT = Path(__file__).resolve().parents[1]
CONF = CHECKOUT / "conf"
DEFAULTS = "predawn"
PATH_VARIABLES = {"raw": "PREDAWN_RAW", "store": "PREDAWN_STORE"}


def data_sets() -> list[str]:
    """The names of all data sets, ascending: the files in conf/ besides the defaults."""
    return sorted(path.stem for path in CONF.glob("*.toml") if path.stem != DEFAULTS)


def default_toml() -> dict[str, Any]:
    """The defaults and the environment, without any data set: what holds before there is an overlay."""
    return _with_environment(_read(DEFAULTS))


def merged_toml(data: str) -> dict[str, Any]:
    """Defaults and overlay of one data set, not yet validated.

    Raises UsageError when the data set is unknown or a file is not TOML.
    """
    if data not in data_sets():
        raise UsageError(f"unknown data set {data!r}: conf/ has {', '.join(data_sets())}; add conf/{data}.toml.")
    tree = merge(_read(DEFAULTS), _read(data))
    tree.setdefault("data", {})["name"] = data
    return _with_environment(tree)


def _read(name: str) -> dict[str, Any]:
    path = CONF / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"conf/{path.name} is not valid TOML: {error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"conf/{path.name} is not UTF-8: save it as UTF-8 ({error}).") from error


def _with_environment(tree: dict[str, Any]) -> dict[str, Any]:
    for key, variable in PATH_VARIABLES.items():
        if os.environ.get(variable):
            tree["paths"][key] = os.environ[variable]
    return tree


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over`; sections are merged key by key, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
