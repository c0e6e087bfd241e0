"""What every recall channel must pass: a channel's test subclasses `ChannelConformance` and names the channel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from models.recall import CHANNELS, load_channel
from models.recall.base import Channel, broken_promises
from models.types import Catalogue, Interactions, Lists

SEED = 7


def interactions(rows: list[tuple[int, int, int, float]], shape: tuple[int, int]) -> Interactions:
    """From (user, item, age, weight) rows, in the order given, each at the end of its day."""
    users, items, ages, weights = np.array(rows, np.float64).reshape(-1, 4).T
    return Interactions(
        users.astype(np.int32),
        items.astype(np.int32),
        ages.astype(np.int16),
        (ages * 24).astype(np.int32),
        weights.astype(np.float32),
        shape,
    )


def catalogue(shape: tuple[int, int]) -> Catalogue:
    """Users and items of even codes share every group, segment and word, as do odd ones; all of it is known but of the
    last."""
    users, items = (np.where(np.arange(n) < n - 1, np.arange(n) % 2, -1).astype(np.int32) for n in shape)
    words = np.array(["even", "odd", None], object)
    return Catalogue(
        groups={"category": items, "brand": items},
        names=words[items],
        prices=np.where(items < 0, np.nan, 1 + items).astype(np.float32),
        ages=np.where(items < 0, -1, np.arange(shape[1]) % 7).astype(np.int32),
        rates=np.where(items < 0, np.nan, 0.25).astype(np.float32),
        segments={"city": users, "age": users},
    )


def checkerboard(n: int, gap: bool = True) -> Interactions:
    """n x n: even users took the even items, odd users the odd ones; with `gap`, all but the diagonal item."""
    return interactions(
        [(u, i, 0, 1.0) for u in range(n) for i in range(n) if (u + i) % 2 == 0 and not (gap and u == i)], (n, n)
    )


def random_interactions(seed: int = 3, users: int = 60, items: int = 90, rows: int = 900) -> Interactions:
    """Skewed towards low item codes, weights above and below 1; the last user and the last item have none."""
    rng = np.random.default_rng(seed)
    codes = np.column_stack(
        [rng.integers(0, users - 1, rows), ((items - 1) * rng.random(rows) ** 2).astype(int), rng.integers(0, 30, rows)]
    )
    codes = np.unique(codes, axis=0)
    weights = rng.choice([0.5, 1.0, 2.0], len(codes))
    return interactions([(*map(int, c), w) for c, w in zip(codes, weights, strict=True)], (users, items))


def as_rows(lists: Lists) -> list[list[tuple[int, float]]]:
    """Per list its (item, score) pairs."""
    pairs = list(zip(lists.items.tolist(), lists.scores.tolist(), strict=True))
    return [pairs[a:b] for a, b in zip(lists.offsets[:-1], lists.offsets[1:], strict=True)]


def items_of(lists: Lists) -> list[list[int]]:
    return [[item for item, _ in row] for row in as_rows(lists)]


class ChannelConformance:
    """Subclass with `channel` set; `settings` adapt the configuration to small matrices.

    uses_repeats_only: the channel lists nothing when repeats are off. listless_cold: users without interactions get no
    list (False where everyone gets one). lists_untaken: items that nobody took may be listed. indispensable: what of
    the catalogue the channel can't do without: where a data set lacks it, all lists are empty.
    """

    channel: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    uses_repeats_only: ClassVar[bool] = False
    listless_cold: ClassVar[bool] = True
    lists_untaken: ClassVar[bool] = False
    indispensable: ClassVar[frozenset[str]] = frozenset()

    def make(self, repeats: bool = True, **settings: Any) -> Channel[Any]:
        kind = load_channel(self.channel)
        return kind(kind.Config(**{**self.settings, **settings}), repeats=repeats, seed=SEED)

    def recall(self, data: Interactions, k: int, repeats: bool = True) -> Lists:
        return self.fitted(data, repeats).recall(np.arange(data.shape[0]), k)

    def fitted(self, data: Interactions, repeats: bool = True, **settings: Any) -> Channel[Any]:
        return self.make(repeats, **settings).fit(data, catalogue(data.shape))

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        """Overridden by channels for which the right answer differs: here, the one item left of the user's colour."""
        assert [row[0] for row in items_of(lists)] == list(range(n))

    @staticmethod
    def assert_own_item_first(lists: Lists, n: int) -> None:
        """As `assert_recommends_checkerboard`, but for the last, whose colour the catalogue doesn't say."""
        assert [row[0] for row in items_of(lists)[: n - 1]] == list(range(n - 1))

    def test_registered_under_its_name(self) -> None:
        assert self.channel in CHANNELS
        assert load_channel(self.channel).name == self.channel

    def test_defaults_are_a_whole_configuration(self) -> None:
        kind = load_channel(self.channel)
        assert kind(kind.Config(), repeats=True, seed=1).config == kind.Config()
        with pytest.raises(ValueError, match="no_such_key"):
            kind.Config(no_such_key=1)
        with pytest.raises(TypeError, match="Config"):
            kind(object(), repeats=True, seed=1)

    def test_checkerboard(self) -> None:
        n = 40
        self.assert_recommends_checkerboard(self.recall(checkerboard(n), 1, self.uses_repeats_only), n)

    @pytest.mark.parametrize("repeats", [True, False])
    @pytest.mark.parametrize("k", [1, 5, 500])
    def test_promises(self, k: int, repeats: bool) -> None:
        data = random_interactions()
        lists = self.recall(data, k, repeats)
        assert broken_promises(lists, *data.shape, k) == []
        assert bool(len(lists.items)) == (repeats or not self.uses_repeats_only)
        if not repeats:
            seen = set(zip(data.users.tolist(), data.items.tolist(), strict=True))
            assert not [1 for user, row in enumerate(items_of(lists)) for item in row if (user, item) in seen]

    @pytest.mark.parametrize("repeats", [True, False])
    def test_a_shorter_list_is_the_head_of_a_longer_one(self, repeats: bool) -> None:
        data = random_interactions()
        short, long = self.recall(data, 4, repeats), self.recall(data, 30, repeats)
        assert as_rows(short) == [row[:4] for row in as_rows(long)]

    def test_equal_scores_stand_in_item_order(self) -> None:
        data = interactions([(u, i, 0, 1.0) for u in range(12) for i in range(20, 9, -1)], (12, 30))
        for row in as_rows(self.recall(data, 6))[:-1]:  # of the last user nothing else is known
            ranked = sorted(row, key=lambda pair: (-pair[1], pair[0]))
            assert row == ranked
            assert len(row) == 6

    def test_item_without_interactions_is_never_listed(self) -> None:
        data = random_interactions()
        taken = set(data.items.tolist())
        listed = {item for row in items_of(self.recall(data, 500)) for item in row}
        assert listed <= taken or self.lists_untaken

    def test_cold_user(self) -> None:
        data = random_interactions()
        cold = data.shape[0] - 1
        row = items_of(self.fitted(data).recall(np.array([cold]), 5))[0]
        assert (row == []) == self.listless_cold

    def test_no_interactions_at_all(self) -> None:
        lists = self.make().fit(interactions([], (3, 4))).recall(np.arange(3), 5)
        assert items_of(lists) == [[], [], []]
        assert items_of(self.recall(interactions([], (3, 4)), 5)) == [[], [], []] or self.lists_untaken

    def test_a_data_set_that_says_nothing_of_items_and_users(self) -> None:
        data = random_interactions()
        lists = self.make().fit(data, Catalogue()).recall(np.arange(60), 5)
        assert bool(len(lists.items)) != bool(self.indispensable)

    def test_same_bytes_again_and_for_any_row_order(self) -> None:
        data = random_interactions()
        order = np.random.default_rng(1).permutation(len(data.users))
        columns = (data.users, data.items, data.ages, data.hours, data.weights)
        shuffled = Interactions(*(values[order] for values in columns), data.shape)
        first = as_rows(self.recall(data, 20))
        assert as_rows(self.recall(data, 20)) == first
        assert as_rows(self.recall(shuffled, 20)) == first

    def test_lists_do_not_depend_on_the_other_users_asked(self) -> None:
        data = random_interactions()
        channel = self.fitted(data)
        everyone = as_rows(channel.recall(np.arange(data.shape[0]), 20))
        for users in ([5], [9, 3, 3], range(40, 10, -1)):
            assert as_rows(channel.recall(np.array(users), 20)) == [everyone[user] for user in users]
        assert len(channel.recall(np.array([], int), 20)) == 0

    def test_refuses_bad_requests(self) -> None:
        with pytest.raises(RuntimeError, match="fit"):
            self.make().recall(np.array([0]), 1)
        channel = self.make().fit(random_interactions())
        for users in ([-1], [60]):
            with pytest.raises(ValueError, match=r"0\.\.59"):
                channel.recall(np.array(users), 1)
        with pytest.raises(ValueError, match="1-d"):
            channel.recall(np.array([[0]]), 1)
        with pytest.raises(ValueError, match="1-d"):
            channel.recall(np.array([0.0]), 1)
        with pytest.raises(ValueError, match="k is 0"):
            channel.recall(np.array([0]), 0)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"users": np.array([0, 9], np.int32)}, r"user codes outside 0\.\.2"),
            ({"items": np.array([-1, 0], np.int32)}, r"item codes outside 0\.\.3"),
            ({"ages": np.array([-1, 0], np.int16)}, "ages below 0"),
            ({"hours": np.array([0, -1], np.int32)}, "hours below 0"),
            ({"weights": np.array([0, 1], np.float32)}, "weights"),
            ({"weights": np.array([np.nan, 1], np.float32)}, "weights"),
            ({"weights": np.ones(3, np.float32)}, "length"),
            ({"items": np.array([0, 0], np.int32), "users": np.array([1, 1], np.int32)}, "several rows"),
        ],
    )
    def test_refuses_bad_interactions(self, change: dict[str, Any], message: str) -> None:
        good = interactions([(0, 0, 0, 1.0), (1, 1, 0, 1.0)], (3, 4))
        with pytest.raises(ValueError, match=message):
            self.make().fit(replace(good, **change))

    def test_refuses_a_catalogue_of_other_items(self) -> None:
        data = interactions([(0, 0, 0, 1.0)], (3, 4))
        with pytest.raises(
            ValueError, match=r"groups.category has 5 values, not 4; .*segments.city has 2 values, not 3"
        ):
            self.make().fit(data, catalogue((2, 5)))
