"""What a dry run finds fault with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """what: a sentence. fix: what to write or do about it. stops: whether no night can run before it is mended."""

    what: str
    fix: str
    stops: bool = False


def near(name: str, names: Iterable[str]) -> str | None:
    """The name that somebody who wrote `name` may have meant: equal but for case and `_`, else of similar spelling."""
    known = {_plain(other): other for other in names}
    close = get_close_matches(_plain(name), list(known), 1)
    return known[close[0]] if close else None


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names in a sentence, the first few of them."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def share(part: int, whole: int) -> str:
    """A share as people write it; never 0 % or 100 % for what is neither."""
    percent = 100 * part / max(1, whole)
    if 0 < percent < 0.1:
        return "< 0.1 %"
    if 99.9 < percent < 100:
        return "> 99.9 %"
    return f"{percent:.0f} %" if percent in (0, 100) or 10 <= percent <= 90 else f"{percent:.1f} %"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
