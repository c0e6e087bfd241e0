"""The generated news site: same bytes in any order, and what makes it news."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from examples import news
from examples.landing import LandingError
from examples.news import News, NewsConfig
from tests.examples.helpers import read_rows, tree

CONFIG = NewsConfig(days=4, readers=400, articles=60)
DAYS = [CONFIG.first_day + dt.timedelta(days=n) for n in range(CONFIG.days)]


def test_same_settings_same_bytes_in_any_order(tmp_path: Path) -> None:
    news.land(tmp_path / "a", DAYS[0], DAYS[-1], CONFIG)
    for day in reversed(DAYS):
        news.land(tmp_path / "b", day, day, CONFIG)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert {name.rsplit("/", 1)[0] for name in tree(tmp_path / "a")} == {
        f"{table}/ds={day}" for table in ("events", "items") for day in DAYS
    }


def test_readers_open_what_has_been_written_lately_once_a_day() -> None:
    site = News(CONFIG)
    for day in DAYS:
        opened, articles = site.opened_on(day), site.items_on(day).set_index("article")
        time = pd.to_datetime(opened["time"])
        age = time - pd.to_datetime(opened["article"].map(articles["written_at"]))
        assert set(time.dt.date) == {day} and time.is_monotonic_increasing
        assert age.min() >= pd.Timedelta(0) and age.max() <= pd.Timedelta(days=news.SHELF)
        assert age.median() < pd.Timedelta(hours=12), "articles live for hours"
        assert not opened.duplicated(["reader", "article"]).any()


def test_what_led_yesterday_is_over_today() -> None:
    site = News(CONFIG)
    before, after = (site.opened_on(day)["article"].value_counts(normalize=True) for day in DAYS[2:])
    best = before.head(10).index
    assert after.reindex(best).fillna(0).sum() < before[best].sum() / 2


def test_readers_like_sections() -> None:
    """Two articles of one reader are of the same section more often than of two readers."""
    site = News(CONFIG)
    opened = site.opened_on(DAYS[3])
    section = pd.Series(site.section[opened["article"]])
    alike = section.groupby(opened["reader"].to_numpy()).apply(
        lambda own: own.value_counts(normalize=True).pow(2).sum()
    )
    assert alike.mean() > 1.5 * section.value_counts(normalize=True).pow(2).sum()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--articles", "3"], "articles must be at least 24, not 3"), (["--readers", "1"], "readers must be at least 2")],
)
def test_refuses_what_makes_no_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert news.main(["--raw", str(tmp_path / "raw"), *arguments]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "raw").exists()


def test_command_lands_all_days(tmp_path: Path) -> None:
    assert news.main(["--raw", str(tmp_path), "--days", "2", "--readers", "50", "--articles", "24"]) == 0
    first, second = (read_rows(tmp_path, "items", day) for day in DAYS[:2])
    assert first == second[: len(first)] and json.dumps(second[0]).startswith('{"article": 0, "headline": "article 0 ')
    with pytest.raises(LandingError, match="this news site has the days 2026-03-02 to 2026-03-05"):
        News(CONFIG).opened_on(dt.date(2026, 3, 6))
