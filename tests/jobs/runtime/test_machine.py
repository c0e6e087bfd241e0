"""What the machine lacks is said in one sentence each, with the remedy."""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.overlay import CHECKOUT
from jobs.runtime import machine


def fake_java(folder: Path, printed: str) -> Path:
    """A `java` that prints this where the real one prints its version."""
    folder.mkdir(parents=True, exist_ok=True)
    java = folder / "java"
    java.write_text(f"#!/bin/sh\ncat >&2 <<'EOF'\n{printed}\nEOF\n")
    java.chmod(0o755)
    return java


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that stands for the first of the PATH, on a machine without any Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), str(tools)]))
    return tmp_path / "bin"


@pytest.mark.parametrize(
    "printed",
    [
        'openjdk version "17.0.11" 2024-04-16\nOpenJDK Runtime Environment',
        'java version "21" 2023-09-19 LTS',
        'openjdk version "25-ea" 2025-09-16',
        'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.1" 2021-10-19',
    ],
)
@pytest.mark.usefixtures("no_java")
def test_a_fitting_java_is_no_problem(no_java: Path, printed: str) -> None:
    fake_java(no_java, printed)
    assert machine.java_problem() is None


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ('openjdk version "1.8.0_402"', "Java 8"),
        ('openjdk version "11.0.22" 2024-01-16', "Java 11"),
        ("bash: no such thing", "Java of an unknown version"),
    ],
)
def test_an_old_java_is_named_with_its_version(no_java: Path, printed: str, found: str) -> None:
    java = fake_java(no_java, printed)
    problem = machine.java_problem() or ""
    assert f"{java} is {found}: install Java 17" in problem and "JAVA_HOME" in problem


def test_no_java_at_all_names_the_remedy(no_java: Path) -> None:
    assert not no_java.exists()
    problem = machine.java_problem() or ""
    assert problem.startswith("Spark needs Java 17 or newer and none was found: install Java 17 ")


def test_java_home_decides_and_is_named_when_it_points_nowhere(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_java(no_java, 'openjdk version "17.0.11"')
    home = tmp_path / "home"
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert f"none was found at {home / 'bin' / 'java'}: install" in (machine.java_problem() or "")
    fake_java(home / "bin", 'openjdk version "11.0.1"')
    assert f"{home / 'bin' / 'java'} is Java 11" in (machine.java_problem() or "")
    fake_java(home / "bin", 'openjdk version "17.0.1"')
    fake_java(no_java, 'openjdk version "11.0.1"')
    assert machine.java_problem() is None


def test_another_python_is_named_with_the_wanted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.python_problem() is None
    monkeypatch.setattr(sys, "version_info", (3, 13, 1))
    problem = machine.python_problem() or ""
    assert "needs Python 3.11, this is 3.13" in problem and "make PYTHON=" in problem


def test_a_missing_openmp_library_is_named_on_linux_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None if name == "gomp" else name)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "libgomp1" in (machine.openmp_problem() or "")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert machine.openmp_problem() is None


def test_all_problems_are_printed_one_line_each(
    no_java: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_java(no_java, 'openjdk version "17.0.11"')
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: name)
    assert machine.main() == 0
    assert capsys.readouterr().err == ""
    fake_java(no_java, 'openjdk version "11.0.1"')
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    assert machine.main() == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and all(line.startswith("predawn: ") for line in lines)


def test_it_runs_before_anything_is_installed() -> None:
    code = "import sys; sys.path[:0] = ['.']; import jobs.runtime.machine as m; print(m.PYTHON)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=CHECKOUT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
