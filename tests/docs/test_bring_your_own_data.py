"""The page for newcomers, taken at its word: its log is made, its overlays are drafted and checked."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from jobs import overlay
from jobs.dryrun.check import check
from jobs.dryrun.command import WIDTH
from jobs.dryrun.sketch import sketch
from jobs.overlay import CHECKOUT
from jobs.runtime.config import load_config

PAGE = (CHECKOUT / "docs" / "bring-your-own-data.md").read_text(encoding="utf-8")
NAME, RAW = "corner", Path("var/raw/corner")


def blocks(language: str) -> list[str]:
    """The page's fenced blocks of a language, in their order."""
    found = re.findall(r"^```(.*)\n((?:(?!```).*\n)*)```$", PAGE, re.MULTILINE)
    return [text for name, text in found if name == language]


HEAD, PRINTED, SOUND, _, _ = blocks("")
DRAFT, MENDED = blocks("toml")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's log below `RAW` and a conf/ of its own."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "conf").mkdir()
    shutil.copy(CHECKOUT / "conf" / "predawn.toml", folder / "conf")
    (script,) = blocks("python")
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, timeout=60)
    return folder


def printed(spark: SparkSession, place: Path, told: str) -> tuple[bool, str]:
    """What `make check` says with this overlay."""
    (place / "conf" / f"{NAME}.toml").write_text(told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlay, "CONF", place / "conf")
        config = load_config(NAME, {"paths": {"raw": str(place / RAW)}})
    page = io.StringIO()
    console = Console(file=page, highlight=False, soft_wrap=True, width=WIDTH)
    runs = check(config, None, console, lambda: spark)
    return runs, page.getvalue().replace(str(place / RAW), str(RAW))


def test_the_log_looks_as_it_is_shown(place: Path) -> None:
    lines = (place / RAW / "events" / "2026-03-02.csv").read_text().splitlines()
    assert HEAD.splitlines() == lines[: len(HEAD.splitlines())]
    days = sorted(path.stem for path in (place / RAW / "events").iterdir())
    assert days == [str(dt.date(2026, 3, 2) + dt.timedelta(n)) for n in range(10)]


def test_the_commands_draft_the_overlay_that_is_shown(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    files = re.findall(r"SKETCH=(\S+) >", "".join(blocks("sh")))
    assert "".join(sketch(Path(file), NAME, RAW) for file in files) == DRAFT


def test_the_check_of_the_draft_says_what_is_shown(spark: SparkSession, place: Path) -> None:
    runs, page = printed(spark, place, DRAFT)
    assert runs and page[page.index("files in ") :] == PRINTED


def test_with_what_it_says_mended_there_is_nothing_to_mend(spark: SparkSession, place: Path) -> None:
    runs, page = printed(spark, place, MENDED)
    assert runs and page.endswith("\n\n" + SOUND)
    assert "100 % of the events are of one of them" in page.split("items:")[1].split("users:")[0]
