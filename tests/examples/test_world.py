"""The generated world keeps its promises: births, position bias, tastes, faults, bots."""

import dataclasses
import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from examples import world
from examples.world import World, WorldConfig
from examples.world_lines import FAULTS, UNKNOWN_EVENT
from examples.world_log import BOT_RUN, PAGE

FIRST = dt.date(2026, 1, 1)
CONFIG = WorldConfig(first_day=FIRST, days=4, users=300, items=120, events=40_000, bot_share=0.05)
CLEAN = dataclasses.replace(CONFIG, duplicate_share=0.0, malformed_share=0.0, bot_share=0.0)
DAYS = [FIRST + dt.timedelta(days=n) for n in range(CONFIG.days)]


def _lines(made: World, day: dt.date) -> list[bytes]:
    return b"".join(made.day(day)).splitlines()


def _frame(made: World) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [json.loads(line) | {"ds": str(day)} for day in DAYS for line in _lines(made, day)]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def clean() -> World:
    return World(CLEAN)


@pytest.fixture(scope="module")
def events(clean: World) -> pd.DataFrame:
    return _frame(clean)


def _wanted(made: World, events: pd.DataFrame) -> pd.DataFrame:
    """Impressions with `clicked` and the cosine between the true tastes of user and item."""
    shown = events[events["event"] == "impression"]
    clicks = events.loc[events["event"] == "click", ["request_id", "item_id"]].assign(clicked=True)
    joined = shown.merge(clicks, on=["request_id", "item_id"], how="left")
    user = joined["user_id"].str[1:].astype(int).to_numpy()
    item = joined["item_id"].str[1:].astype(int).to_numpy()
    cosine = (made.users.vectors[user] * made.items.vectors[item]).sum(axis=1)
    own = made.users.favourites[user] == made.items.category[item][:, None]
    return joined.assign(clicked=joined["clicked"].notna(), cosine=cosine, favourite=own.any(axis=1))


def test_another_seed_and_another_day_are_different() -> None:
    made, other = World(CLEAN), World(dataclasses.replace(CLEAN, seed=8))
    assert _lines(made, DAYS[1]) != _lines(other, DAYS[1])
    users = [[json.loads(line)["user_id"] for line in _lines(made, day)[:200]] for day in DAYS[1:3]]
    assert users[0] != users[1]


def test_a_large_day_comes_in_parts_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "PART_LINES", 2_500)
    parts = [[json.loads(line) for line in part.splitlines()] for part in World(CLEAN).day(FIRST)]
    assert len(parts) == 4
    assert max(map(len, parts)) < 1.3 * min(map(len, parts))
    medians = [sorted(row["time"] for row in part)[len(part) // 2] for part in parts]
    assert medians == sorted(medians)
    ids = [row["event_id"] for part in parts for row in part]
    assert len(set(ids)) == len(ids)


def test_fields_of_each_event(events: pd.DataFrame) -> None:
    assert events["event_id"].is_unique
    assert (events["time"].str[:10] == events["ds"]).all()
    assert events["time"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
    assert (events["scene"] == "home").all()
    own = {"position": "impression", "dwell_seconds": "click", "price": "purchase"}
    for field, kind in own.items():
        assert (events[field].notna() == (events["event"] == kind)).all()
    assert set(events["event"]) == {"impression", "click", "like", "purchase"}
    assert abs(len(events) / CONFIG.events - 1) < 0.08


def test_what_follows_a_click_follows_it(events: pd.DataFrame) -> None:
    at = events.pivot_table(index=["request_id", "item_id"], columns="event", values="time", aggfunc="first")
    assert (at["impression"] <= at["click"].fillna("9")).all() and at["impression"].notna().all()
    for later in ("like", "purchase"):
        happened = at[at[later].notna()]
        assert (happened["click"] <= happened[later]).all()


def test_a_purchase_costs_what_the_item_costs(clean: World, events: pd.DataFrame) -> None:
    bought = events[events["event"] == "purchase"].merge(clean.items_on(DAYS[-1]), on="item_id")
    assert len(bought) > 20
    np.testing.assert_allclose(bought["price_x"], bought["price_y"])


def test_unborn_items_are_neither_shown_nor_listed(clean: World, events: pd.DataFrame) -> None:
    births = clean.items_on(DAYS[-1]).set_index("item_id")["born_on"]
    assert (events["item_id"].map(births) <= events["ds"]).all()
    listed = [clean.items_on(day) for day in DAYS]
    assert all((items["born_on"] <= str(day)).all() for items, day in zip(listed, DAYS, strict=True))
    sizes = [len(items) for items in listed]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1] == CONFIG.items
    born_late = births.index[births == str(DAYS[-1])]
    assert events["item_id"].isin(born_late).any()


def test_a_page_holds_an_item_once(events: pd.DataFrame) -> None:
    shown = events[events["event"] == "impression"]
    assert not shown.duplicated(["request_id", "item_id"]).any()
    positions = shown.groupby("request_id")["position"].agg(["min", "max", "count"])
    assert (positions["min"] == 1).all() and (positions["max"] == positions["count"]).all()
    assert positions["max"].max() == PAGE


def test_position_bias_and_nothing_but_position(clean: World, events: pd.DataFrame) -> None:
    shown = _wanted(clean, events)
    rate = shown.groupby("position")["clicked"].mean()
    assert rate[1] > 1.3 * rate[2] and rate[2] > 1.3 * rate[5] and rate[5] > 1.2 * rate[10]
    taste = shown.groupby("position")["cosine"].mean()
    assert taste.max() - taste.min() < 0.06


def test_users_click_what_they_like(clean: World, events: pd.DataFrame) -> None:
    shown = _wanted(clean, events)
    rate = shown.groupby("favourite")["clicked"].mean()
    assert rate[True] > 2.5 * rate[False]


def test_personal_lists_beat_the_popular_one(clean: World, events: pd.DataFrame) -> None:
    """Of each user's later clicks, more lie in the categories that the user clicked before than in the popular ones."""
    clicks = events[events["event"] == "click"].assign(
        category=lambda rows: clean.items.category[rows["item_id"].str[1:].astype(int)]
    )
    before, after = clicks[clicks["ds"] < str(DAYS[2])], clicks[clicks["ds"] >= str(DAYS[2])]
    popular = set(before["category"].value_counts().index[:3])
    mine = before.groupby("user_id")["category"].agg(lambda column: set(column.value_counts().index[:3]))
    known = after[after["user_id"].isin(mine.index)]
    own = [category in mine[user] for user, category in zip(known["user_id"], known["category"], strict=True)]
    assert np.mean(own) > 1.5 * known["category"].isin(popular).mean()


def test_profiles_say_something_about_tastes() -> None:
    users = World(dataclasses.replace(CLEAN, users=3_000)).users
    groups = [users.vectors[(users.age == a) & (users.gender == g)].mean(axis=0) for a in range(5) for g in range(2)]
    apart = np.linalg.norm(np.array(groups) - users.vectors.mean(axis=0), axis=1)
    assert apart.mean() > 0.2


def test_copies_and_broken_lines_in_their_shares() -> None:
    config = dataclasses.replace(CLEAN, days=2, duplicate_share=0.02, malformed_share=0.01)
    made, bare = World(config), World(dataclasses.replace(config, duplicate_share=0.0, malformed_share=0.0))
    lines = pd.Series(_lines(made, FIRST))
    copies = int(lines.duplicated().sum())
    broken = [line for line in lines if _fault(line)]
    sound = len(lines) - copies - len(broken)
    assert (copies, len(broken)) == (round(sound * 0.02), round(sound * 0.01))
    assert {_fault(line) for line in broken} == set(FAULTS)
    assert len(_lines(bare, FIRST)) == pytest.approx(len(lines), rel=0.05)


def _fault(line: bytes) -> str | None:
    try:
        row = json.loads(line)
    except ValueError:
        return "cut"
    if "user_id" not in row or "item_id" not in row:
        return "no item" if "user_id" in row else "no user"
    if not isinstance(row["time"], str):
        return "wrong type"
    return "unknown event" if row["event"] == UNKNOWN_EVENT else None


def test_bots_have_their_share_and_rates_no_human_reaches() -> None:
    made = World(dataclasses.replace(CONFIG, duplicate_share=0.0, malformed_share=0.0))
    events = _frame(made)
    bot = events["user_id"].isin(made.truth()["bot_user_ids"])
    shown, clicked = events["event"] == "impression", events["event"] == "click"
    requests = events[shown].groupby("request_id")["user_id"].first().isin(made.truth()["bot_user_ids"])
    assert requests.mean() == pytest.approx(CONFIG.bot_share, rel=0.1)
    assert (bot & clicked).sum() > 0.9 * (bot & shown).sum()
    assert events.loc[bot & clicked, "dwell_seconds"].max() < 0.5
    minute = events[clicked].groupby(["user_id", events["time"].str[:16]]).size()
    bots = minute.index.get_level_values("user_id").isin(made.truth()["bot_user_ids"])
    assert minute[bots].max() > 3 * BOT_RUN > minute[~bots].max()
    assert not (bot & events["event"].isin(["like", "purchase"])).any()
