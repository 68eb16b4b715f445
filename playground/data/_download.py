"""One file from the net: it goes on where it was cut, counts only with the right hash, and then takes its name.

Some mirrors speak plain http. That is no worse than https here, because nothing is trusted but the hash.
"""

import gzip
import hashlib
import os
import ssl
import tarfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playground.core.errors import PlaygroundError
from playground.data._progress import Meter

TIMEOUT = 15.0  # seconds without a byte after which a mirror counts as gone
_CHUNK = 1 << 16
_LARGEST = 1 << 29  # bytes; whoever sends more sends something else
_NOTHING_BEYOND = 416  # HTTP: the range begins where the file ends
_PARTIAL = 206  # HTTP: the range that was asked for, not the whole file
_BROKEN = (URLError, HTTPException, ssl.SSLError, TimeoutError, ConnectionError)  # the net's errors, not the disk's

_turn = threading.Lock()  # two sessions that want the same file must not write it at the same time


@dataclass(frozen=True)
class Remote:
    """A file on the net.

    Attributes:
        data: the data set that it belongs to.
        name: of the file, here and there.
        mirrors: addresses of the folders that hold it, in the order in which they are tried, with a slash at the end.
        md5: of its content.
        together: the names of all files of the data set, this one included.
    """

    data: str
    name: str
    mirrors: tuple[str, ...]
    md5: str
    together: tuple[str, ...]


def fetch(remote: Remote, folder: Path) -> Path:
    """The file in `folder`; it is downloaded unless it is there already with the right hash.

    Whatever ends a download early, Ctrl-C included, leaves what has come in NAME.part, where the next one goes on.
    Raises PlaygroundError where no mirror has the file, or none can be reached.
    """
    target = folder / remote.name
    meter = Meter(f"Waiting for another download before {remote.data}", None, "files")
    while not _turn.acquire(timeout=0.1):
        meter.show(0)
    try:
        with kept_in(folder, remote.data):
            if _fits(target, remote.md5):
                return target
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f"{remote.name}.part"
            troubles = []
            for mirror in remote.mirrors:
                if not (trouble := _try(remote, mirror, part)):
                    os.replace(part, target)
                    return target
                troubles.append(f"{urlsplit(mirror).hostname}: {trouble}")
    finally:
        _turn.release()
    raise PlaygroundError(_sentence(remote, folder, troubles))


@contextmanager
def kept_in(folder: Path, data: str) -> Iterator[None]:
    """Turns what a disk or an archive refuses into a sentence."""
    try:
        yield
    except (OSError, EOFError, KeyError, zlib.error, tarfile.TarError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise PlaygroundError(
                f"{data} cannot be kept in {folder} ({error.strerror}); what has come in so far stays there; "
                "make room, or set PLAYGROUND_HOME to another folder, and try again."
            ) from error
        raise PlaygroundError(
            f"What was downloaded for {data} cannot be unpacked; delete {folder}, and it is fetched again."
        ) from error


def unpack(source: IO[bytes] | gzip.GzipFile, target: Path) -> None:
    """Copies what is packed to a file that appears whole, whatever stood there, be it a link to elsewhere."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    size = 0
    with open(part, "xb") as file:
        while chunk := source.read(_CHUNK):
            size += file.write(chunk)
            if size > _LARGEST:
                raise EOFError("it does not end")
    os.replace(part, target)


def _try(remote: Remote, mirror: str, part: Path) -> str:
    """Downloads into `part`; returns what went wrong, or "" once it has the right hash."""
    while True:
        had = _size(part)
        try:
            _transfer(remote, mirror + remote.name, part)
        except _BROKEN as error:
            return _words(error)
        if _fits(part, remote.md5):
            return ""
        part.unlink(missing_ok=True)
        if not had:  # else the beginning may have been the bad part
            return "it sends another file (the hash differs), which was removed"


def _transfer(remote: Remote, url: str, part: Path) -> None:
    """Appends what is missing, or starts over where the server cannot go on in the middle."""
    done = _size(part)
    request = Request(url, headers={"User-Agent": "generative-playground"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        response = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if done and error.code == _NOTHING_BEYOND:
            return
        raise
    with response, open(part, "ab" if response.status == _PARTIAL else "wb") as file:
        done = file.tell()
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        meter = Meter(f"Downloading {remote.data}, {remote.name}", total and total / 1e6, "MB")
        meter.show(done / 1e6)
        while done < _LARGEST and (chunk := response.read1(_CHUNK)):
            done += file.write(chunk)
            meter.show(done / 1e6)
    if total is not None and done < min(total, _LARGEST):
        raise ConnectionError("the connection was cut")


def _fits(file: Path, md5: str) -> bool:
    """Whether the file is there with this hash."""
    if not file.is_file():
        return False
    with open(file, "rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == md5


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _words(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"it answers {error.code} {error.reason}"
    reason = error.reason if isinstance(error, URLError) else error
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _sentence(remote: Remote, folder: Path, troubles: list[str]) -> str:
    """What happened, what was kept, what to do."""
    kept = _size(folder / f"{remote.name}.part")
    return (
        f"{remote.data} could not be downloaded ({'; '.join(troubles)}); "
        + (f"{kept / 1e6:.1f} MB are kept and the next try goes on from there" if kept else "nothing was changed")
        + ("; a file of that name is there, but it is another one" if (folder / remote.name).exists() else "")
        + f"; try again when you are online, or put {', '.join(remote.together)} into {folder} yourself."
    )
