"""Finds out whether a window can open, before Qt is asked: without a display Qt aborts the whole process."""

import ctypes
import importlib
import importlib.util
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_X11_LIBRARIES = {  # library: Debian's package
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
}
_NEEDS_NO_SCREEN = {"offscreen", "minimal", "vnc", "linuxfb", "eglfs"}


def problem(environment: Mapping[str, str] = os.environ) -> str | None:
    """The sentence that says why no window can open here, or None."""
    asked = environment.get("QT_QPA_PLATFORM", "").split(";")[0].partition(":")[0]
    known = _platforms()
    if asked and known and asked not in known:
        return f"QT_QPA_PLATFORM is '{asked}', which this Qt does not have (it has {', '.join(sorted(known))})."
    if not sys.platform.startswith("linux"):
        return None
    if asked not in _NEEDS_NO_SCREEN and not (environment.get("WAYLAND_DISPLAY") and asked != "xcb"):
        display = environment.get("DISPLAY", "")
        if not display:
            return "There is no display (DISPLAY and WAYLAND_DISPLAY are not set)."
        if not _answers(display):
            return f"The display {display} does not answer."
    if missing := _missing_libraries(asked):
        return f"System libraries are missing: sudo apt install {' '.join(missing)}."
    return None


def load_torch_before_qt(platform: str = sys.platform) -> bool:
    """On Windows torch's libraries fail to load after Qt's (WinError 1114), so they go first, and the window comes
    later. Elsewhere the window comes first. Returns whether torch was loaded."""
    if platform != "win32":
        return False
    sys.stderr.write("Loading torch; the window opens in a few seconds.\n")
    importlib.import_module("torch")
    return True


def _platforms() -> set[str]:
    """The names of the window systems that the installed Qt can use."""
    spec = importlib.util.find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        return set()
    root = Path(next(iter(spec.submodule_search_locations)))
    files = [*root.glob("Qt/plugins/platforms/libq*"), *root.glob("plugins/platforms/q*.dll")]
    names = {file.name.split(".")[0].removeprefix("lib").removeprefix("q") for file in files}
    return names | ({"wayland"} if any(name.startswith("wayland") for name in names) else set())


def _missing_libraries(asked: str) -> list[str]:
    wanted = dict(list(_X11_LIBRARIES.items())[:2]) if asked in _NEEDS_NO_SCREEN else _X11_LIBRARIES
    missing = []
    for library, package in wanted.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def _answers(display: str) -> bool:
    """Whether an X server accepts a connection at ``host:number.screen``."""
    host, _, number = display.rpartition(":")
    number = number.split(".")[0]
    if not number.isdigit():
        return Path(display).is_socket()
    try:
        if host in ("", "unix"):
            path = f"/tmp/.X11-unix/X{number}"
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(1)
                try:
                    connection.connect(path)
                except OSError:
                    connection.connect("\0" + path)  # Linux's abstract sockets have no file
        else:
            socket.create_connection((host, 6000 + int(number)), timeout=2).close()
    except OSError:
        return False
    return True
