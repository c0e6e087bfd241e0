"""The app of the closed loop: who comes, what they are shown, and what its log says. Real lists in a real Redis."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pytest
import redis

from examples.closed_loop_app import BROWSING, LISTS, App, LoopConfig
from examples.landing import LandingError
from examples.world_log import PAGE
from predawn import Products, Publisher, Reader
from predawn.assignment import CONTROL, Experiment
from tests.examples.helpers import sound_events

CONFIG = LoopConfig(history=3, days=2, users=300, items=120, events_a_day=4_000, browsing=0.2)
DAY = CONFIG.loop[0]
VERSION = f"{CONFIG.past[-1]}.a"
EXPERIMENT = Experiment("closed-loop", "home", {LISTS: 0.5})
LONGEST = 40


def best(app: App, user: int, alive: int) -> list[str]:
    """What the user likes most, by the world's truth."""
    taste = app.world.items.vectors[:alive] @ app.world.users.vectors[user]
    return [f"i{item:05d}" for item in np.argsort(-taste)[:LONGEST]]


@pytest.fixture
def app() -> App:
    """After its history."""
    made = App(CONFIG)
    for day in CONFIG.past:
        made.past_day(day)
    return made


@pytest.fixture
def reader(redis_server: str, redis_client: redis.Redis, app: App) -> Reader:
    """Of lists of what every user likes most, for all users but the last hundred; the popular list is of the clicks."""
    alive = app.world.items.alive(CONFIG.history - 1)
    lists = [(f"u{user:06d}", best(app, user, alive)) for user in range(CONFIG.users - 100)]
    popular = np.argsort(-app.taken[:, :alive].sum(axis=0), kind="stable")[:LONGEST]
    products = Products(lists, [f"i{item:05d}" for item in popular])
    Publisher(redis_client, "home").publish(str(CONFIG.past[-1]), VERSION, products)
    return Reader(redis_server, "home")


def rows(parts: list[bytes]) -> list[dict[str, Any]]:
    return sound_events(b"".join(parts))


def test_the_same_settings_and_lists_give_the_same_bytes(app: App, reader: Reader) -> None:
    again = App(CONFIG)
    history = [again.past_day(day) for day in CONFIG.past]
    assert history[0] != history[1]
    assert app.loop_day(DAY, reader, EXPERIMENT)[0] == again.loop_day(DAY, reader, EXPERIMENT)[0]
    other = App(dataclasses.replace(CONFIG, seed=8))
    assert other.past_day(CONFIG.past[0]) != history[0]


def test_a_log_says_whose_lists_were_shown(app: App, reader: Reader) -> None:
    parts, served = app.loop_day(DAY, reader, EXPERIMENT)
    found = rows(parts)
    assert {event["time"][:10] for event in found} == {str(DAY)}
    shown = [event for event in found if event["scene"] == "home"]
    assert all(event["variant"] == EXPERIMENT.variant(event["user_id"]) for event in shown)
    assert {event["version"] for event in shown} == {VERSION} == {served.version}
    browsed = [event for event in found if event["scene"] == BROWSING]
    assert len(browsed) + len(shown) == len(found)
    assert browsed and not any("variant" in event for event in browsed)
    visitors = {event["user_id"] for event in shown}
    assert len(visitors) == sum(served.tiers.values())
    assert {arm for arm, _ in served.tiers} == {LISTS, CONTROL}
    assert served.tiers[CONTROL, "popular"] > 0 < served.tiers[LISTS, "user"]
    newcomers = {user for user in visitors if int(user[1:]) >= CONFIG.users - 100}
    assert served.tiers[LISTS, "popular"] == sum(EXPERIMENT.variant(user) == LISTS for user in newcomers) > 0


def test_pages_follow_the_list_without_what_was_taken(app: App, reader: Reader) -> None:
    before, alive = app.taken.copy(), app.world.items.alive(CONFIG.history - 1)
    popular = reader.popular(LONGEST).items
    parts, _ = app.loop_day(DAY, reader, EXPERIMENT)
    browsed = {(event["user_id"], event["item_id"]) for event in rows(parts[:1]) if event["event"] == "click"}
    pages: dict[str, list[dict[str, Any]]] = {}
    for event in rows(parts[1:]):
        if event["event"] == "impression":
            pages.setdefault(event["user_id"], []).append(event)
    deep = 0
    for user, shown in pages.items():
        row = int(user[1:])
        own = EXPERIMENT.variant(user) == LISTS and row < CONFIG.users - 100
        listed = best(app, row, alive) if own else popular
        left = [item for item in listed if not before[row, int(item[1:])] and (user, item) not in browsed]
        shown.sort(key=lambda event: (event["time"], event["position"]))
        # Broken lines are few and leave holes, so each impression is looked up at its place.
        first = shown[0]["request_id"]
        for event in shown:
            page = int(event["request_id"][1:]) - int(first[1:])
            deep += page > 0
            assert left[page * PAGE + event["position"] - 1] == event["item_id"]
    assert deep > 100


def test_nobody_takes_an_item_of_a_list_twice(app: App, reader: Reader) -> None:
    taken: set[tuple[str, str]] = set()
    for day in CONFIG.loop:
        parts, _ = app.loop_day(day, reader, EXPERIMENT)
        clicks = [(event["user_id"], event["item_id"]) for event in rows(parts[1:]) if event["event"] == "click"]
        assert len(clicks) == len(set(clicks)) and not taken & set(clicks)
        taken.update(clicks)
        assert all(app.taken[int(user[1:]), int(item[1:])] for user, item in clicks)
    assert len(taken) > 100


def test_own_lists_are_clicked_more_and_first_places_most(app: App, reader: Reader) -> None:
    clicks = {LISTS: 0, CONTROL: 0}
    shown = {LISTS: 0, CONTROL: 0}
    at = np.zeros((2, PAGE + 1), np.int64)
    for day in CONFIG.loop:
        found = rows(app.loop_day(day, reader, EXPERIMENT)[0][1:])
        clicked = {(event["request_id"], event["item_id"]) for event in found if event["event"] == "click"}
        for event in found:
            if event["event"] == "impression":
                click = (event["request_id"], event["item_id"]) in clicked
                shown[event["variant"]] += 1
                clicks[event["variant"]] += click
                at[int(click), event["position"]] += 1
    assert clicks[LISTS] / shown[LISTS] > 1.3 * clicks[CONTROL] / shown[CONTROL]
    rate = at[1, 1:] / at.sum(axis=0)[1:]
    assert rate[0] > 1.5 * rate[4:].mean()


def test_visits_do_not_hang_on_lists_and_are_as_many_as_asked_for() -> None:
    config = LoopConfig(users=2_000, items=100, events_a_day=8_000, browsing=0.25)
    app = App(config)
    visits = [app.visits(day) for day in config.loop]
    asked = config.world.requests_a_day * 0.75
    assert np.mean([found.pages.sum() for found in visits]) == pytest.approx(asked, rel=0.05)
    assert all(len(np.unique(found.user)) == len(found.user) for found in visits)
    assert not np.isin(visits[0].user, app.world.users.bots).any()
    assert not np.array_equal(visits[0].user, visits[1].user)
    app.taken[:] = True
    assert np.array_equal(app.visits(config.loop[0]).user, visits[0].user)


def test_a_day_of_two_versions_is_refused(app: App, redis_server: str, redis_client: redis.Redis) -> None:
    def publish(day: dt.date) -> None:
        lists = [(f"u{user:06d}", ["i00001"]) for user in range(CONFIG.users)]
        Publisher(redis_client, "home").publish(str(day), f"{day}.b", Products(lists, ["i00001"]))

    class Flipping(Reader):
        def popular(self, *arguments: Any, **options: Any) -> Any:
            found = super().popular(*arguments, **options)
            publish(DAY)
            return found

    publish(CONFIG.past[-1])
    with pytest.raises(LandingError, match="publish nothing beside the loop"):
        app.loop_day(DAY, Flipping(redis_server, "home", pointer_seconds=0), EXPERIMENT)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"history": 2}, "history must be at least 3 days"),
        ({"days": 0}, "days at least 1"),
        ({"browsing": 1.0}, r"browsing must be in \[0, 1\)"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(LandingError, match=message):
        LoopConfig(**settings)
