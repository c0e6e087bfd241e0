"""Whether this machine can run Predawn. Standard library only: it runs before anything is installed."""

from __future__ import annotations

import ctypes.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON = (3, 11)
MIN_JAVA = 17


def python_problem() -> str | None:
    """One sentence when the running Python isn't the locked requirements' one, else None."""
    if sys.version_info[:2] == PYTHON:
        return None
    wanted, found = (".".join(map(str, version)) for version in (PYTHON, sys.version_info[:2]))
    return f"Predawn needs Python {wanted}, this is {found}: run `make PYTHON=/path/to/python{wanted} ...`."


def java_problem() -> str | None:
    """One sentence when no fitting Java is found, else None."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    remedy = f"install Java {MIN_JAVA} (Debian: `apt-get install openjdk-17-jre-headless`) or point JAVA_HOME at one"
    if java is None or not Path(java).exists():
        return f"Spark needs Java {MIN_JAVA} or newer and none was found{f' at {java}' if java else ''}: {remedy}."
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', printed)
    if not found or int(found.group(1)) < MIN_JAVA:
        version = found.group(1) if found else "of an unknown version"
        return f"Spark needs Java {MIN_JAVA} or newer, and {java} is Java {version}: {remedy}."
    return None


def openmp_problem() -> str | None:
    """One sentence when LightGBM's threads would find no OpenMP library, else None."""
    if sys.platform != "linux" or ctypes.util.find_library("gomp"):
        return None
    return (
        "LightGBM needs the OpenMP library libgomp and none was found: install it (Debian: `apt-get install libgomp1`)."
    )


def main() -> int:
    problems = [problem for check in (python_problem, java_problem, openmp_problem) if (problem := check())]
    for problem in problems:
        print(f"predawn: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
