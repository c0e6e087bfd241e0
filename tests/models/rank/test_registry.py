import subprocess
import sys

import pytest

from features.settings import Settings
from models.rank import RANKERS, load_ranker
from models.rank.base import Ranker

HEAVY = "{'numpy', 'pandas', 'pyspark', 'lightgbm', 'sklearn', 'scipy', 'pydantic'}"


def test_registry_imports_nothing_heavy():
    code = f"import sys, models.rank; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", RANKERS)
def test_every_entry_is_a_ranker_with_typed_defaults(name):
    ranker = load_ranker(name)
    assert issubclass(ranker, Ranker) and ranker.kind == name
    assert issubclass(ranker.Config, Settings) and ranker(ranker.Config(), seed=1).seed == 1
    with pytest.raises(ValueError, match="nonsense"):
        ranker.Config.model_validate({"nonsense": 1})


def test_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match="known are gbdt_lr, gbdt, lr, fm"):
        load_ranker("svm")
