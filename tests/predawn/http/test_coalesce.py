import asyncio
from collections.abc import Awaitable, Callable

import pytest

from predawn.http.coalesce import MAX_TOGETHER, Coalescer


class Reads:
    """Remembers what was read together."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []

    async def __call__(self, key: str, users: list[str]) -> list[str]:
        self.calls.append((key, users))
        await asyncio.sleep(0)
        if "bad" in key:
            raise LookupError(key)
        return [f"{key}-{user}" for user in users]


def run(work: Callable[[Coalescer[str, str]], Awaitable[object]]) -> tuple[object, Reads]:
    reads = Reads()

    async def main() -> object:
        return await work(Coalescer(reads))

    return asyncio.run(main()), reads


def test_calls_of_one_turn_are_one_read_for_each_key() -> None:
    async def work(coalescer: Coalescer[str, str]) -> list[str]:
        wanted = [("k", "1"), ("l", "2"), ("k", "3"), ("k", "1")]
        return await asyncio.gather(*(coalescer.get(key, user) for key, user in wanted))

    answers, reads = run(work)
    assert answers == ["k-1", "l-2", "k-3", "k-1"]
    assert reads.calls == [("k", ["1", "3", "1"]), ("l", ["2"])]


def test_calls_of_different_turns_are_different_reads() -> None:
    async def work(coalescer: Coalescer[str, str]) -> list[str]:
        return [await coalescer.get("k", "1"), await coalescer.get("k", "2")]

    answers, reads = run(work)
    assert answers == ["k-1", "k-2"]
    assert len(reads.calls) == 2


def test_a_crowd_is_split() -> None:
    users = [str(number) for number in range(2 * MAX_TOGETHER + 5)]

    async def work(coalescer: Coalescer[str, str]) -> list[str]:
        return await asyncio.gather(*(coalescer.get("k", user) for user in users))

    answers, reads = run(work)
    assert answers == [f"k-{user}" for user in users]
    assert [len(asked) for _, asked in reads.calls] == [MAX_TOGETHER, MAX_TOGETHER, 5]


def test_an_error_reaches_all_of_its_read_and_no_other() -> None:
    async def work(coalescer: Coalescer[str, str]) -> list[object]:
        gets = [coalescer.get("bad", "1"), coalescer.get("good", "2"), coalescer.get("bad", "3")]
        return await asyncio.gather(*gets, return_exceptions=True)

    answers, _ = run(work)
    assert isinstance(answers, list)
    assert answers[1] == "good-2"
    assert all(isinstance(answers[index], LookupError) for index in (0, 2))


def test_a_caller_who_has_gone_disturbs_nobody() -> None:
    async def work(coalescer: Coalescer[str, str]) -> str:
        gone, waiting = coalescer.get("k", "1"), coalescer.get("k", "2")
        gone.cancel()
        return await waiting

    assert run(work)[0] == "k-2"


def test_a_read_of_too_few_answers_is_an_error_and_no_hang() -> None:
    async def short(_: str, users: list[str]) -> list[str]:
        return users[1:]

    async def main() -> None:
        coalescer: Coalescer[str, str] = Coalescer(short)
        with pytest.raises(ValueError):
            await asyncio.wait_for(asyncio.gather(coalescer.get("k", "1"), coalescer.get("k", "2")), 5)

    asyncio.run(main())
