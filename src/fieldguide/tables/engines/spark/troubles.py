"""What Spark says when it fails, in our errors."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from fieldguide.errors import DataError, EngineError, FieldguideError

_GONE = r"SparkContext was shut down|Cannot call methods on a stopped|Connection refused|Answer from Java side is empty"
_BROKEN = r"is not a Parquet file|CANNOT_READ_FILE_FOOTER|FAILED_READ_FILE.CANNOT_READ|FAILED_MERGE_SCHEMA|INCOMPATIBLE_DATA"
_FILE = r"FILE_NOT_EXIST|FileNotFoundException|does not exist|AccessControlException|Permission denied"


@contextlib.contextmanager
def told(connection: Any) -> Iterator[None]:
    """Raise what goes wrong on Spark as our errors, in one line.

    Raises EngineError when Spark went away, ran out of memory, or its workers cannot read a file that is here;
    DataError for a file that is broken; FieldguideError otherwise.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise in_our_words(str(error), connection) from error


def in_our_words(text: str, connection: Any) -> FieldguideError:
    """Return our error for what Spark says."""
    master = connection.master
    if re.search(_GONE, text):
        return EngineError(f"Spark at {master} went away while it worked; start it again, and repeat.")
    if re.search(_FILE, text):
        path = re.search(r"(?:file:|[a-z0-9]+://)[^\s,'\"`]+", text)
        return EngineError(
            f"Spark's workers cannot read {path[0].rstrip('.') if path else 'a file'}; put it where every worker sees it "
            "under the same path (a shared file system, an object store), or work on this machine: --engine duckdb."
        )
    if re.search(_BROKEN, text):
        return DataError(f"Spark cannot read the file: {first_line(text)}; write it again.")
    if "Total size of serialized results" in text or "OutOfMemoryError" in text:
        return EngineError(
            f"Spark at {master} ran out of memory ({first_line(text)}); give it more (spark.driver.memory, "
            "spark.executor.memory in its spark-defaults.conf)."
        )
    return FieldguideError(f"Spark at {master} could not run a query: {first_line(text)}")


def first_line(text: str) -> str:
    """Return the line of a message that says what is wrong.

    >>> first_line("An error occurred while calling o1.x\\n: org.apache.E: [A_B] Too much. SQLSTATE: 1\\n at a")
    '[A_B] Too much. SQLSTATE: 1'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = next((line for line in lines if re.search(r"\[[A-Z_.]+\]", line)), lines[0] if lines else text)
    found = re.search(r"\[[A-Z_.]+\].*", named)
    return (found[0] if found else named)[:300]
