"""Files at an address: http(s), s3, gs, abfss, hdfs, file. They are fetched into temporary files, and then read as files.

Credentials come from the environment: as ${NAME} in an address of the web, or as the libraries of the object
stores look for them.
"""

from __future__ import annotations

import base64
import email.message
import fnmatch
import http.client
import os
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from fieldguide.errors import UnreachableError
from fieldguide.tables.sources import scratch
from fieldguide.tables.sources.secrets import filled, hidden

WEB = ("http", "https")
STORES = ("s3", "gs", "gcs", "abfs", "abfss", "hdfs", "viewfs")
_WRITTEN = "/:?&=%+,;@~!$'()*#[]"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(given: str) -> str | None:
    """Return how an address begins ("https", "s3", "postgresql", …), None for a path.

    >>> scheme_of("s3://bucket/day.csv"), scheme_of("C:/day.csv"), scheme_of("day.csv")
    ('s3', None, None)
    """
    found = _SCHEME.match(given)
    return found[1].lower() if found and len(found[1]) > 1 else None


def fetched(given: str, connection: Any, seconds: float) -> list[tuple[Path, str]]:
    """Return the files at an address, fetched, each with its name for messages.

    Raises UnreachableError when they cannot be had within `seconds` of waiting for an answer, UsageError when the
    address names a variable that the environment has not.
    """
    scheme = scheme_of(given)
    if scheme in WEB:
        return [(_from_web(given, connection, seconds), given)]
    address = filled(given, given)
    if scheme == "file":
        return [(Path(urllib.request.url2pathname(urlsplit(address).path)), given)]
    if scheme in STORES:
        return _from_store(address, given, connection, seconds)
    raise UnreachableError(
        f"{given}: nothing here reads {scheme}://; expected a path, or an address that begins with http://, https://, "
        "s3://, gs://, abfss://, hdfs://, postgresql://, mysql://, sqlite:/// or duckdb:///. For others write a function that "
        "fetches it and returns rows."
    )


def _from_web(place: str, connection: Any, seconds: float) -> Path:
    headers = {"User-Agent": "fieldguide", "Accept-Encoding": "identity", "Accept": "*/*"}
    scheme, rest = place.split("://", 1)
    named = re.match(r"([^/?#]*)@", rest)
    if named:  # taken out before the environment is looked at: a password may hold any sign
        pair = ":".join(filled(unquote(part), place) for part in named[1].split(":", 1))
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        rest = rest[named.end() :]
    address = quote(f"{scheme}://{filled(rest, place)}", safe=_WRITTEN)
    parts = urlsplit(address)
    try:
        request = urllib.request.Request(address, headers=headers)
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            length = answer.headers.get("Content-Length", "")
            path = scratch.fresh_file(connection, _file_name(answer.headers, parts.path))
            got = scratch.pour(_blocks(answer.read), path, place).stat().st_size
    except urllib.error.HTTPError as error:
        error.close()
        raise UnreachableError(
            f"{place}: the server answered {error.code} {error.reason}; {_advice(error.code)}."
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = error.reason if isinstance(error, urllib.error.URLError) else error
        raise UnreachableError(
            f"{place}: {hidden(_told(why, parts.hostname or '', seconds), place)}."
        ) from None
    if length.isdigit() and got < int(length):
        raise UnreachableError(
            f"{place}: the answer broke off after {got:,} of {int(length):,} bytes; try again."
        )
    return path


def _file_name(headers: email.message.Message, path: str) -> str:
    """Return how a fetched file is called: as the server says, else as the address ends."""
    return headers.get_filename() or unquote(path.rsplit("/", 1)[-1]) or "fetched"


def _advice(code: int) -> str:
    if code in (401, 403, 407):
        return "ask for access, and give the password or token as ${NAME} in the address"
    if code in (404, 410):
        return "check the address"
    return "try again later, or ask who runs it" if code >= 500 or code == 429 else "check the address"


def _told(why: Any, host: str, seconds: float) -> str:
    """Say in words why a server was not reached."""
    if isinstance(why, socket.gaierror):
        return f"there is no host {host!r} (its name is not known); check the address and the network"
    if isinstance(why, TimeoutError) or "timed out" in str(why):
        return f"{host} did not answer within {seconds:g} seconds; try again, or give Source(timeout=…) more time"
    if isinstance(why, ConnectionRefusedError):
        return f"{host} refuses the connection (nothing listens there); check host and port"
    if isinstance(why, ssl.SSLError):
        return f"{host} is not who it says it is, as far as can be told ({why.reason or why}); check its certificate"
    if isinstance(why, http.client.IncompleteRead):
        return f"the answer broke off after {len(why.partial):,} bytes; try again"
    text = str(why).strip().split("\n", 1)[0][:200] or type(why).__name__
    return f"{host or 'the address'} cannot be reached ({text}); check the address and the network"


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(scratch.BLOCK):
        yield block


def _from_store(address: str, place: str, connection: Any, seconds: float) -> list[tuple[Path, str]]:
    """Fetch what an address in an object store, or a pattern of such addresses, stands for."""
    import pyarrow as pa
    import pyarrow.fs

    try:
        store, path = _store(address, seconds)
        found = _matching(pyarrow.fs, store, path) if any(c in path for c in "*?[") else [path]
        scheme = address.split("://", 1)[0]
        fetched_ = []
        for each in found:
            copy = scratch.fresh_file(connection, each)
            with store.open_input_stream(each) as stream:
                scratch.pour(_blocks(stream.read), copy, place)
            fetched_.append((copy, place if len(found) == 1 else f"{scheme}://{each}"))
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        text = hidden(str(error).strip().split("\n", 1)[0], place)[:300]
        raise UnreachableError(
            f"{place} cannot be reached ({text}); check the address, the network and the credentials in the environment."
        ) from None
    if not fetched_:
        raise UnreachableError(f"{place} matches nothing; check the pattern.")
    return fetched_


def _store(address: str, seconds: float) -> tuple[Any, str]:
    """Return the store and the path in it that an address means; its waiting is bounded where the library can do so."""
    import datetime

    from pyarrow import fs

    parts = urlsplit(address)
    path = unquote(parts.netloc + parts.path)
    if parts.scheme == "s3" and not parts.query:
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        given: dict[str, Any] = {
            "request_timeout": seconds,
            "connect_timeout": seconds,
            "retry_strategy": fs.AwsStandardS3RetryStrategy(max_attempts=2),
        }
        if region:
            given["region"] = region
        if endpoint:
            given |= {"endpoint_override": endpoint, "scheme": urlsplit(endpoint).scheme or "https"}
        if not _has_credentials():
            given["anonymous"] = True
        return fs.S3FileSystem(**given), path
    if parts.scheme in ("gs", "gcs") and not parts.query:
        return fs.GcsFileSystem(retry_time_limit=datetime.timedelta(seconds=seconds)), path
    found: tuple[Any, str] = fs.FileSystem.from_uri(address)
    return found


def _has_credentials() -> bool:
    """Whether the environment says who asks an S3 store; without it a store is asked as anybody."""
    names = (
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    )
    return any(os.environ.get(name) for name in names) or Path("~/.aws/credentials").expanduser().exists()


def _matching(fs: Any, store: Any, pattern: str) -> list[str]:
    above = re.split(r"[*?\[]", pattern, maxsplit=1)[0].rsplit("/", 1)[0]
    deep = "**" in pattern or "/" in pattern[len(above) + 1 :]
    infos = store.get_file_info(fs.FileSelector(above, recursive=deep))
    plain = pattern.replace("**/", "*")
    return sorted(i.path for i in infos if i.is_file and fnmatch.fnmatchcase(i.path, plain))
