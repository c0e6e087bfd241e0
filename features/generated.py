"""From templates to features: every product of what a template names, as far as the data set has it."""

from __future__ import annotations

from collections.abc import Iterator

from features import spec
from features.facts import Facts
from features.spec import EVERYWHERE, Cell, Events, Feature
from features.templates import Template

LEAST_DAYS = 28  # the windows of `features.specs`; fewer `profile_days` cut them as the first day of a source does
ROLES = ("positive", "exposure", "negative", "other")
HOURS = {"night": (0, 6), "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24)}
CELLS = {
    "": [EVERYWHERE],
    "hour": [
        Cell(name, f"hour >= {start} AND hour < {end}", f" from {start} to {end} o'clock")
        for name, (start, end) in HOURS.items()
    ],
    "weekday": [Cell("same_weekday", "same_weekday", " on the weekday of the day that the list is for")],
}


def named_events(name: str, facts: Facts) -> Events:
    """One event type, or all of a role; without types when the data set has none of the role.

    Raises ValueError for a name that is neither.
    """
    if name in facts.roles:
        return Events(name, (name,))
    if name not in ROLES:
        raise ValueError(f"{name!r} is no event type of the data set ({', '.join(facts.roles)}) nor a role.")
    return Events(name, facts.with_role(name))


def generated(entity: str, source: str, facts: Facts) -> list[Feature]:
    """The features of an entity by all templates, each name once.

    Raises ValueError that names the template: more features than `most_generated`, a window beyond `profile_days`, or
    an unknown event type.
    """
    found: dict[str, Feature] = {}
    for name, template in facts.templates.items():
        try:
            expanded = list(_expand(template, source, facts))
        except ValueError as error:
            raise ValueError(f"features.templates.{name}: {error}") from error
        if template.of == entity:
            found |= {feature.name: feature for feature in expanded}
    return list(found.values())


def check_templates(facts: Facts) -> None:
    """Raises ValueError for templates that can't be expanded, or make more features than `most_generated`."""
    entities = sorted({template.of for template in facts.templates.values()})
    number = sum(len(generated(entity, "", facts)) for entity in entities)
    if number > facts.most_generated:
        raise ValueError(
            f"features.templates make {number} features, and features.most_generated is {facts.most_generated}: "
            "each costs time with every candidate, so take some out, or raise it."
        )


def _expand(template: Template, source: str, facts: Facts) -> Iterator[Feature]:
    longest = max(template.windows)
    kept = max(facts.profile_days, LEAST_DAYS)
    if longest > kept or min(template.windows) < 1:
        raise ValueError(f"a window of {longest} days, and 1 to {kept} (windows.profile_days) are counted.")
    if template.of in ("category", "subcategory", "brand") and template.of not in facts.groups:
        return
    per = named_events("exposure", facts)
    what = template.statistic.removesuffix("_mean")
    lacks = {"rate": not per.types, "value_mean": not facts.value, "dwell_mean": not facts.dwell}
    for events in (named_events(name, facts) for name in template.events):
        if lacks.get(template.statistic) or not events.types:
            continue
        if template.statistic == "velocity":
            yield spec.velocity(source, events, *template.windows)
            continue
        for days in template.windows:
            for cell in CELLS[template.on]:
                match template.statistic:
                    case "count":
                        yield spec.count(source, events, days, cell)
                    case "rate":
                        yield spec.rate(source, events, per, days, cell=cell)
                    case "share":
                        yield spec.share(source, events, days, cell)
                    case "value_mean" | "dwell_mean":
                        yield spec.mean(source, what, events, days, cell)
                    case "active_days":
                        yield spec.active_days(source, events, days)
                    case "recency":
                        yield spec.recency(source, events, days)
