"""The command line's way to a dry run."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from pathlib import Path

from rich.console import Console

from jobs.dryrun.check import check
from jobs.dryrun.sketch import no_overlay, sketch
from jobs.errors import UsageError
from jobs.overlay import CHECKOUT, data_sets, default_toml
from jobs.runtime.config import load_config
from jobs.runtime.config_sections import Paths
from jobs.runtime.runner import Runner

WIDTH = 150  # where there is no terminal


def run_check(name: str, day: dt.date | None, folder: str | None, file: str | None) -> int:
    """0 when a night could run, 1 when not. file: only print the draft of an overlay for it.

    Raises UsageError for a data set without an overlay, or a wrong one.
    """
    if file:
        # The overlays aren't read: that of the draft may be the empty file which the shell has made for it already.
        default = Paths(**default_toml()["paths"])
        raw = Path(folder) if folder else default.folder(default.raw, name)
        print(sketch(Path(file), name, _shown(raw)), end="")
        return 0
    raw = Path(folder or "").resolve()
    overrides = {"paths": {"raw": str(raw)}} if folder else {}
    try:
        config = load_config(name, overrides)
    except UsageError as error:
        raise error if name in data_sets() else no_overlay(name, error) from None
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    runner = Runner(config)
    try:
        runs = check(config, day, console, runner.session)
        if runs and folder:
            console.print(f"it looks for raw files there once you say export PREDAWN_RAW={shlex.quote(str(raw))}")
        return 0 if runs else 1
    finally:
        runner.close()


def _shown(path: Path) -> Path:
    return path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path
