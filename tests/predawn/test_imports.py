import subprocess
import sys

HEAVY = ("pyspark", "pandas", "numpy", "jobs", "features", "models")


def test_importing_predawn_loads_redis_only() -> None:
    code = f"import sys, predawn, predawn.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
