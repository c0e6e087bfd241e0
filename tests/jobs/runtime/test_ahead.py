"""A stream worked on by threads keeps its order, and its length out of memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jobs.runtime.ahead import each_ahead


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def late_when_early(number: int) -> int:
        time.sleep(0.01 if number % 3 == 0 else 0)
        return number * number

    assert list(each_ahead(late_when_early, range(20), threads)) == [number * number for number in range(20)]
    assert list(each_ahead(late_when_early, [], threads)) == []


def test_no_more_items_are_taken_than_threads_can_be_ahead() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = each_ahead(lambda number: number, items(), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert len(taken) == 5


def test_what_goes_wrong_is_raised_where_its_result_would_come() -> None:
    results = each_ahead(lambda number: 1 // number, [1, 0, 1], 2)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
