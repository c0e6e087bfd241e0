"""docs/features.md, written from the declared features: what there is, for which data set, and what a null means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from features import specs
from features.facts import Facts
from features.spec import UNITS, Feature

HEAD = """# Features

Written by `make docs-features` from `features/specs.py` and the templates in `conf/`; a test fails when it is stale.
The ranker is given the names with their prefix; those marked * are kept for other jobs.

A *rate* or *share* is `(hits + a) / (tries + a + b)`: the Beta(a, b) is fitted to all users, items or groups of the
day (`features/priors.py`). *history* is the window `windows.history_days`. What has no default is missing (NaN) until
known. Sums are of whole units: $UNITS; a dwell time is log(1 + seconds).
"""
COLUMNS = ("feature", "what it is", "from", "aggregation", "window", "default", "missing when", "data sets")

# prefix of the ranker's columns -> (title, features of a data set)
FAMILIES = {
    "user_": ("User: `user_features`", specs.user_features),
    "item_": ("Item: `item_features`", specs.all_item_features),
    "pair_": ("User and item: `behaviour_features`", specs.pair_features),
    "<group>_": ("User and category, subcategory or brand: `behaviour_features`", specs.affinity_features),
    f"{specs.SHOWN}_": ("User and item shown: `behaviour_features`", specs.shown_features),
    "match_": ("Match of user and item", specs.match_features),
    "list_": ("Context: the day that the list is for", specs.context_features),
}


def page(data_sets: Mapping[str, Facts]) -> str:
    """The page of these data sets, Markdown; a feature of several is one row."""
    units = ", ".join(f"{what} 1 / {parts}" for what, parts in UNITS.items())
    return "\n".join([HEAD.replace("$UNITS", units), *_lines(data_sets)]) + "\n"


def _lines(data_sets: Mapping[str, Facts]) -> Iterator[str]:
    for prefix, (title, features_of) in FAMILIES.items():
        found: dict[str, tuple[Feature, list[str]]] = {}
        for name, facts in data_sets.items():
            for feature in features_of(facts):
                found.setdefault(feature.name, (feature, []))[1].append(name)
        if not found:
            continue
        yield f"## {title}\n"
        yield _row(COLUMNS)
        yield _row(["---"] * len(COLUMNS))
        for feature, names in found.values():
            yield _row(_cells(prefix, feature, "all" if len(names) == len(data_sets) else ", ".join(names)))
        yield ""
    profiles = {name: ", ".join(f"`user_profile_{key}`" for key in facts.profile) for name, facts in data_sets.items()}
    yield "## Profile\n\nPositions of a user's attribute in the order of its values, missing when unknown.\n"
    yield from (f"- {name}: {columns}" for name, columns in profiles.items() if columns)


def _cells(prefix: str, feature: Feature, names: str) -> list[str]:
    default = "the prior's mean" if feature.smoothing else "" if feature.default is None else f"{feature.default:g}"
    missing = feature.null or ("" if default else "nothing known")
    name = f"`{prefix}{feature.name}`" + ("" if feature.ranked else " *")
    return [name, feature.about, feature.source, feature.aggregation, feature.window, default, missing, names]


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
