"""What the program leaves behind of a session: a log of its own, the trace of a native crash, and a report on both that
names nobody, to be passed on.
"""

import contextlib
import getpass
import importlib.metadata
import logging
import os
import platform
import re
import sys
import time
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote

from playground import __version__

LOGS_KEPT = 10  # files
LOG_BYTES = 2**20  # of one file; a session has at most two
CRASHES_KEPT = 3
LINES = 200  # of the logs in a report
_TAIL = 256 * 1024  # bytes read of a file for it
_CRASH = "crash.log"
_PACKAGES = ("torch", "torchvision", "PySide6-Essentials", "pyqtgraph", "numpy")
_HOMES = re.compile(r"(?:(?<![\w.~>/-])/(?:home|Users)/|\b[A-Za-z]:[\\/]+Users[\\/]+)[^\\/\s\"':]+")


def begin_log(folder: Path) -> logging.Handler:
    """The handler of this session's log, a file of its own in `folder`; the newest ten files are kept."""
    name = f"playground-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    handler = RotatingFileHandler(folder / name, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _keep_newest(folder, "playground*.log*", LOGS_KEPT, folder / name)
    return handler


def crash_file(folder: Path) -> Path:
    """Where faulthandler writes to."""
    return folder / _CRASH


def set_crash_aside(folder: Path) -> str:
    """The trace that an earlier session left behind, "" for none. It is told once: it is moved to a dated file, of
    which the newest three are kept."""
    trace = _tail(crash_file(folder))
    if not trace.strip():
        return ""
    aside = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    aside.write_text(trace, encoding="utf-8")
    os.truncate(crash_file(folder), 0)  # not renamed: another window may write its own trace there
    _keep_newest(folder, "crash-*.log", CRASHES_KEPT, aside)
    return trace


def report(data_folder: Path, device: str = "") -> str:
    """Versions, the last 200 lines of the logs and the newest native trace, without anybody's paths or name."""
    logs = data_folder / "logs"
    parts = [versions(device), "-- log --", *_last_lines(logs)]
    if trace := _newest_trace(logs):
        parts += ["-- last native crash --", trace.rstrip()]
    return without_names("\n".join(parts), private_words(data_folder)) + "\n"


def versions(device: str = "") -> str:
    """A line for each part of the program, the system and the device."""
    lines = [f"generative-playground {__version__}", f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            lines.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            lines.append(f"{package} is not installed")
    lines += [f"{platform.system()} {platform.release()} {platform.machine()}", f"device {device or _device()}"]
    return "\n".join(lines)


def private_words(data_folder: Path) -> dict[str, str]:
    """What must not be in a report, and what stands for it."""
    home = Path.home()
    words = {str(data_folder): "<data>", str(data_folder.resolve()): "<data>"}
    words |= {str(home): "~", str(home.resolve()): "~", home.name: "<user>", platform.node(): "<computer>"}
    with contextlib.suppress(OSError, KeyError, ImportError):  # an account without a name
        words[getpass.getuser()] = "<user>"
    return words


def without_names(text: str, private: Mapping[str, str]) -> str:
    """`text` with each private word replaced, the longest first, in each way that a log writes a path; then the home
    folders of anybody else."""
    for word in sorted((word for word in private if word not in ("", "/", ".")), key=len, reverse=True):
        spellings = {word, word.replace("\\", "\\\\"), word.replace("\\", "/"), quote(word)}
        for spelling in sorted(spellings, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(spelling)}(?!\w)", private[word], text)
    return _HOMES.sub("~", text)


def _device() -> str:
    """What torch sees, where it is loaded already: a report must not take seconds."""
    in_use = getattr(sys.modules.get("torch.cuda"), "is_initialized", bool)  # torch may be on its way
    return f"{os.cpu_count()} cores, {'a GPU' if in_use() else 'no GPU'} in use"


def _last_lines(logs: Path) -> list[str]:
    lines: list[str] = []
    for file in reversed(_by_age(logs, "playground*.log*")):
        lines = [f"[{file.name}]", *_tail(file).splitlines(), *lines]
        if len(lines) >= LINES:
            break
    return lines[-LINES:] or ["nothing was logged"]


def _newest_trace(logs: Path) -> str:
    files = [crash_file(logs), *reversed(_by_age(logs, "crash-*.log"))]
    return next((trace for trace in map(_tail, files) if trace.strip()), "")


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as source:
            source.seek(max(0, file.stat().st_size - _TAIL))
            return source.read(_TAIL).decode("utf-8", errors="replace")
    except OSError:  # gone meanwhile, or not to be read: a report says what it can
        return ""


def _by_age(folder: Path, pattern: str) -> list[Path]:
    """Files, the oldest first."""
    found = []
    for file in folder.glob(pattern):
        try:
            found.append((file.stat().st_mtime_ns, file.name, file))
        except OSError:  # another window has just removed it
            continue
    return [file for _, _, file in sorted(found)]


def _keep_newest(folder: Path, pattern: str, count: int, newest: Path) -> None:
    """Removes the oldest. A clock that was set back does not make the one that was just written old."""
    others = [file for file in _by_age(folder, pattern) if file != newest]
    for file in others[: max(len(others) + 1 - count, 0)]:
        try:
            file.unlink()
        except OSError:  # open in another window
            continue
