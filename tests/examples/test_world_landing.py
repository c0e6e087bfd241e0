"""The generated world on disk: same bytes in any order, its layout, and requests that it refuses."""

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from examples import world
from examples.landing import LandingError
from examples.world import WorldConfig
from tests.examples.helpers import read_rows, tree

FIRST = dt.date(2026, 1, 1)
CONFIG = WorldConfig(first_day=FIRST, days=4, users=300, items=120, events=40_000, bot_share=0.05)
DAYS = [FIRST + dt.timedelta(days=n) for n in range(CONFIG.days)]


def test_same_settings_same_bytes_in_any_order(tmp_path: Path) -> None:
    world.land(tmp_path / "a", DAYS[0], DAYS[-1], CONFIG)
    for day in reversed(DAYS):
        world.land(tmp_path / "b", day, day, CONFIG)
    whole = tree(tmp_path / "a")
    assert whole == tree(tmp_path / "b")
    world.land(tmp_path / "a", DAYS[1], DAYS[2], CONFIG, overwrite=True)
    assert whole == tree(tmp_path / "a")


def test_layout(tmp_path: Path) -> None:
    world.land(tmp_path, DAYS[0], DAYS[-1], CONFIG)
    expected = {f"{table}/ds={day}" for table in ("events", "items") for day in DAYS} | {f"users/ds={FIRST}"}
    files = tree(tmp_path)
    assert {name.rsplit("/", 1)[0] for name in files} == expected | {"_truth"}
    assert all(f"{folder}/_SUCCESS" in files and f"{folder}/part-00000.json.gz" in files for folder in expected)
    people = read_rows(tmp_path, "users", FIRST)
    assert len(people) == CONFIG.users and list(people[0]) == ["user_id", "age_group", "gender", "city"]
    with np.load(tmp_path / "_truth" / "tastes.npz", allow_pickle=False) as truth:
        assert len(truth["user_vectors"]) == CONFIG.users and len(truth["item_vectors"]) == CONFIG.items
        assert set(truth["bot_user_ids"]) <= set(truth["user_ids"])


def test_two_worlds_do_not_share_a_folder(tmp_path: Path) -> None:
    world.land(tmp_path, FIRST, FIRST, CONFIG)
    before = tree(tmp_path)
    with pytest.raises(LandingError, match="seed 7 there, 9 asked"):
        world.land(tmp_path, DAYS[1], DAYS[1], dataclasses.replace(CONFIG, seed=9), overwrite=True)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--events", "0"], "events must be at least"),
        (["--users", "1"], "users must be at least 2"),
        (["--bot-share", "0.9"], r"bot_share must be in \[0, 0.5\]"),
        (["--first", "2025-12-31"], "this world has the days 2026-01-01 to 2026-01-14"),
        (["--last", "2026-01-01", "--first", "2026-01-02"], "before the first day"),
    ],
)
def test_requests_that_make_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert world.main(["--raw", str(tmp_path / "raw"), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message.replace("\\", "") in error
    assert not (tmp_path / "raw").exists()


def test_a_malformed_date_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        world.main(["--first-day", "2026-13-01"])
    assert stop.value.code == 2
    assert "'2026-13-01' is no day" in capsys.readouterr().err


def test_the_command_lands(tmp_path: Path) -> None:
    arguments = ["--days", "2", "--users", "50", "--items", "40", "--events", "2000", "--first", "2026-01-02"]
    assert world.main(["--raw", str(tmp_path), *arguments]) == 0
    assert read_rows(tmp_path, "items", DAYS[1]) and not (tmp_path / "events" / f"ds={FIRST}").exists()
