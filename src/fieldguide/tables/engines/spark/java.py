"""The Java that Spark needs: found, and new enough, or told what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from fieldguide.errors import UsageError

LEAST = 17
HINT = f"install Java {LEAST} or newer (Debian, Ubuntu: apt-get install openjdk-17-jre-headless)"
PATIENCE = 30


def checked_java(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the Java that Spark will use: of JAVA_HOME, else of PATH.

    Raises UsageError when there is none, it does not run, or it is older than 17.
    """
    home = environment.get("JAVA_HOME")
    if home:
        java = Path(home) / "bin" / "java"
        if not java.is_file():
            raise UsageError(
                f"Spark needs Java, and JAVA_HOME={home} has no bin/java; set JAVA_HOME to the folder of a Java, or "
                f"unset it to take the one of PATH; else {HINT}."
            )
    else:
        found = shutil.which("java", path=environment.get("PATH", ""))
        if found is None:
            raise UsageError(f"Spark needs Java {LEAST} or newer, and there is no java in PATH; {HINT}.")
        java = Path(found)
    told = _told(java)
    number = version_of(told)
    if number is None:
        first = told.strip().split("\n", 1)[0][:200]
        raise UsageError(f"{java} does not say its version ({first or 'no answer'}); {HINT}.")
    if number < LEAST:
        raise UsageError(
            f"Spark needs Java {LEAST} or newer, and {java} is Java {number}; {HINT}, or set JAVA_HOME."
        )
    return java


def version_of(told: str) -> int | None:
    """Return the number of the Java that says this of its version, None when it says none.

    >>> version_of('openjdk version "17.0.15" 2025-04-15'), version_of('java version "1.8.0_201"')
    (17, 8)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None


def _told(java: Path) -> str:
    try:
        run = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return run.stderr + run.stdout
