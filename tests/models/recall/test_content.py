from typing import Any, ClassVar

import numpy as np
import pytest

from models.recall.content import Content, ContentConfig, item_vectors
from models.types import Catalogue, Lists
from tests.models.recall.conformance import ChannelConformance, as_rows, interactions, items_of

NAMES = np.array(["red wine", "white wine", "red shoes", None, "green hat", "unlike"], object)


class TestContent(ChannelConformance):
    channel = "content"
    settings: ClassVar[dict[str, Any]] = {"word_bits": 10, "num_threads": 2}
    lists_untaken = True
    indispensable = frozenset({"groups", "names"})

    def assert_recommends_checkerboard(self, lists: Lists, n: int) -> None:
        self.assert_own_item_first(lists, n)

    def test_words_and_groups_make_items_alike(self) -> None:
        known = Catalogue(groups={"brand": np.array([0, 1, -1, 1, 2, -1], np.int32)}, names=NAMES)
        vectors = item_vectors(known, 6, 12)
        assert vectors is not None and np.linalg.norm(vectors.toarray(), axis=1) == pytest.approx([1, 1, 1, 1, 0, 0])
        alike = (vectors @ vectors.T).toarray()
        assert alike[0, 1] > 0 and alike[0, 2] > 0 and alike[1, 3] > 0, "wine, red, brand"
        assert alike[0, 3] == alike[1, 2] == alike[2, 3] == 0

    def test_what_nobody_took_is_listed_for_its_likeness(self) -> None:
        data = interactions([(0, 0, 0, 1.0), (1, 4, 0, 1.0)], (3, 6))
        channel = self.make(repeats=False).fit(data, Catalogue(names=NAMES))
        rows = as_rows(channel.recall(np.arange(3), 5))
        assert [sorted(item for item, _ in row) for row in rows] == [[1, 2], [], []]
        assert all(score == pytest.approx(rows[0][0][1]) for _, score in rows[0]), "one word of two each"

    def test_popularity_decides_among_those_that_are_alike(self) -> None:
        data = interactions([(0, 0, 0, 1.0), (1, 2, 0, 1.0), (2, 2, 0, 1.0)], (3, 6))
        for power, ratio in ((0.0, 1.0), (1.0, 1 + np.log(3))):
            channel = Content(ContentConfig(popularity=power), repeats=False, seed=1).fit(data, Catalogue(names=NAMES))
            row = dict(as_rows(channel.recall(np.array([0]), 5))[0])
            assert row[2] / row[1] == pytest.approx(ratio, rel=1e-6)

    def test_only_the_best_terms_and_items_are_looked_at(self) -> None:
        data = interactions([(0, 0, 0, 1.0), (1, 2, 0, 1.0)], (2, 6))
        short = self.make(repeats=False, items=1).fit(data, Catalogue(names=NAMES))
        assert items_of(short.recall(np.array([0]), 5)) == [[2]], "of red the popular one, of wine the first: its own"
