import subprocess
import sys
from pathlib import Path

import pytest

from models.recall import CHANNELS, SHARED, load_channel
from models.recall.base import Channel
from models.recall.shared_list import SharedList

ROOT = Path(__file__).parents[3]
HEAVY = ("numpy", "scipy", "pandas", "pyspark", "implicit", "pyarrow", "pydantic")


def test_importing_the_registry_loads_no_numeric_library() -> None:
    code = f"import sys, models.recall; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_loading_the_channels_does_not_load_implicit() -> None:
    """Only a fit of ALS needs it; configuration is read on machines and in moments that should not pay for it."""
    code = "import sys, models.recall as r; [r.load_channel(c) for c in r.CHANNELS]; print('implicit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_order_is_fixed() -> None:
    assert list(CHANNELS) == [
        *("als", "item_cf", "popular", "buy_again", "user_cf", "content", "trending", "hot"),
        *("popular_segment", "popular_category", "new_items", "followed"),
    ]


@pytest.mark.parametrize("name", CHANNELS)
def test_every_entry_loads(name: str) -> None:
    assert issubclass(load_channel(name), Channel)


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"'svd'.*als, item_cf, popular, buy_again"):
        load_channel("svd")


def test_shared_names_the_channels_that_recommend_the_same_to_everyone() -> None:
    assert set(SHARED) == {name for name in CHANNELS if issubclass(load_channel(name), SharedList)}
