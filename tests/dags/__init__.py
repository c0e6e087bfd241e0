"""Airflow makes its home folder when it is imported: the tests give it one of their own, away from the user's."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="predawn-airflow-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ |= {"AIRFLOW_HOME": _home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
