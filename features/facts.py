"""What a data set logs, as far as features follow from it: a feature that its data set can't fill doesn't exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.templates import Template


@dataclass(frozen=True)
class Facts:
    """roles, weights: of the event types; weights of the positive ones only. groups: those of `GROUPS` that the
    catalogue has. repeats: whether an item is recommended to someone who took it. value, dwell: whether events carry
    one. price, created: whether the catalogue has them. item_numbers: what else of it is a number. holidays: whether
    there is a calendar. profile: the users' attributes, of which `numbers` are given to the ranker as they are.
    context: what exposures say of where they were. history_days, profile_days, shown_days, fresh_days: the windows of
    `jobs.job.Windows`. templates: by name; all together make no more than `most_generated` features.
    """

    roles: Mapping[str, str]
    weights: Mapping[str, float]
    groups: tuple[str, ...] = ()
    repeats: bool = True
    value: bool = False
    dwell: bool = False
    price: bool = False
    created: bool = False
    item_numbers: tuple[str, ...] = ()
    holidays: bool = False
    profile: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    history_days: int = 180
    profile_days: int = 28
    shown_days: int = 7
    fresh_days: int = 7
    templates: Mapping[str, Template] = field(default_factory=dict)
    most_generated: int = 0

    def with_role(self, *roles: str) -> tuple[str, ...]:
        return tuple(kind for kind, role in self.roles.items() if role in roles)

    @property
    def kept(self) -> tuple[str, ...]:
        """The event types that the long history keeps: all but exposures, which are most of a log and fade soon."""
        return tuple(kind for kind, role in self.roles.items() if role != "exposure")
