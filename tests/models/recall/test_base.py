"""The base class catches a channel that breaks its promises."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from features.settings import Settings
from models.recall.base import Channel
from models.types import Catalogue, Interactions, Lists
from tests.models.recall.conformance import interactions

DATA = interactions([(0, 0, 0, 1.0), (1, 2, 0, 1.0)], (2, 4))


def lists(offsets: list[int], items: list[int], scores: list[float]) -> Lists:
    return Lists(np.array(offsets, np.int64), np.array(items, np.int32), np.array(scores, np.float32))


class Fixed(Channel[Settings]):
    """Returns what it is told to."""

    name: ClassVar[str] = "fixed"
    Config: ClassVar[type[Settings]] = Settings
    answer: Lists

    def _fit(self, interactions: Interactions, catalogue: Catalogue) -> None:
        pass

    def _recall(self, users: np.ndarray, k: int) -> Lists:  # noqa: ARG002
        return self.answer


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lists([0, 1], [1], [1]), "not 2 lists"),
        (lists([0, 1, 3], [1], [1]), "not 2 lists"),
        (lists([0, 3, 3], [1, 2, 3], [3, 2, 1]), "more than 2 items"),
        (lists([0, 1, 1], [4], [1]), r"item codes outside 0\.\.3"),
        (lists([0, 1, 1], [1], [0]), "above 0"),
        (lists([0, 1, 1], [1], [np.nan]), "finite"),
        (lists([0, 1, 1], [1], [np.inf]), "finite"),
        (lists([0, 2, 2], [1, 2], [1, 2]), "fall by score"),
        (lists([0, 2, 2], [2, 1], [1, 1]), "rise by item code"),
        (lists([0, 2, 2], [1, 1], [1, 1]), "twice"),
        (lists([0, 0, 1], [2], [1]), "own past"),
        (Lists(np.zeros(3, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)), "types int64, int64"),
    ],
)
def test_broken_promise_is_an_error(answer: Lists, message: str) -> None:
    channel = Fixed(Settings(), repeats=False, seed=1).fit(DATA)
    channel.answer = answer
    with pytest.raises(RuntimeError, match=f"fixed returned.*{message}"):
        channel.recall(np.array([0, 1]), 2)


def test_a_kept_promise_is_returned_as_it_is() -> None:
    channel = Fixed(Settings(), repeats=False, seed=1).fit(DATA)
    channel.answer = lists([0, 2, 4], [2, 1, 0, 1], [2, 1, 1, 1])
    assert channel.recall(np.array([0, 1]), 2) is channel.answer


def test_own_past_is_allowed_with_repeats() -> None:
    channel = Fixed(Settings(), repeats=True, seed=1).fit(DATA)
    channel.answer = lists([0, 0, 1], [2], [1])
    assert channel.recall(np.array([0, 1]), 2) is channel.answer
