"""The evening-before-class check: versions, devices, display and combinations known to break."""

import importlib.metadata
import os
import platform
import shutil
import sys
from dataclasses import dataclass

from playground import __version__, display, paths, registry


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        level: "good", "note" (worth knowing) or "bad" (something will not work).
        name, text: what was looked at, and what was found.
        cure: the line that mends it.
    """

    level: str
    name: str
    text: str
    cure: str = ""

    def line(self) -> str:
        """For people."""
        mark = {"good": "ok  ", "note": "note", "bad": "BAD "}[self.level]
        return f"{mark}  {self.name}: {self.text}" + (f"\n      -> {self.cure}" if self.cure else "")

    def to_json(self) -> dict[str, str]:
        """For programs."""
        return {"level": self.level, "name": self.name, "text": self.text, "cure": self.cure}


def examine() -> list[Finding]:
    """Looks at everything; never raises."""
    checks = (_program, _qt, _pyqtgraph, _torch, _torchvision, _device, _display, _data_folder, _bundled_runs)
    findings = []
    for check in checks:
        try:
            findings.append(check())
        except Exception as error:  # noqa: BLE001  (a check that breaks is itself a finding)
            findings.append(Finding("bad", check.__name__.strip("_"), f"{type(error).__name__}: {error}"))
    return findings


def misfits() -> list[Finding]:
    """The packages whose versions are known to bring a window down. Nothing is imported for it: what is known to abort
    must not be tried."""
    found = []
    for check, package in ((_qt, "PySide6-Essentials"), (_pyqtgraph, "pyqtgraph"), (_torch_version, "torch")):
        try:
            finding = check()
        except importlib.metadata.PackageNotFoundError:
            finding = Finding("bad", package, f"{package} is not installed", f"python -m pip install {package}")
        if finding.level == "bad":
            found.append(finding)
    return found


def _version(package: str) -> tuple[int, ...]:
    text = importlib.metadata.version(package).split("+")[0]
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())


def _program() -> Finding:
    text = f"generative-playground {__version__}, Python {platform.python_version()}, {platform.system()}"
    return Finding("good", "program", text)


def _qt() -> Finding:
    version = _version("PySide6-Essentials")
    text = "PySide6 " + ".".join(map(str, version))
    cure = "python -m pip install 'PySide6-Essentials>=6.8,<6.12,!=6.11.0,!=6.11.1'"
    if version >= (6, 12) and sys.version_info < (3, 12):
        return Finding("bad", "Qt", f"{text} aborts on Python before 3.12", cure)
    if version < (6, 8) or version in ((6, 11, 0), (6, 11, 1), (6, 9, 1)):
        return Finding("bad", "Qt", f"{text} is known to break the window", cure)
    return Finding("good", "Qt", text)


def _pyqtgraph() -> Finding:
    version = _version("pyqtgraph")
    text = "pyqtgraph " + ".".join(map(str, version))
    if version < (0, 14):
        return Finding("bad", "plots", f"{text} crashes with newer PySide6", "python -m pip install 'pyqtgraph>=0.14'")
    return Finding("good", "plots", text)


def _torch_version() -> Finding:
    version = _version("torch")
    text = "torch " + ".".join(map(str, version))
    if version < (2, 6):
        return Finding(
            "bad", "torch", f"{text} reads strangers' files less safely", "python -m pip install 'torch>=2.6'"
        )
    return Finding("good", "torch", text)


def _torch() -> Finding:
    if (known := _torch_version()).level == "bad":
        return known
    import torch

    return Finding("good", "torch", f"{torch.__version__}, {torch.get_num_threads()} threads by default")


def _torchvision() -> Finding:
    pair = f"torchvision {importlib.metadata.version('torchvision')}"
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        return Finding("bad", "torchvision", f"{pair} does not fit this torch: {reason}",
                       "python -m pip install --force-reinstall torch torchvision")  # fmt: skip
    return Finding("good", "torchvision", pair)


def _device() -> Finding:
    import torch

    from playground.core.device import choose

    device = choose("auto")
    name = torch.cuda.get_device_name() if device == "cuda" else f"{os.cpu_count()} cores"
    return Finding("good", "device", f"{device} ({name})")


def _display() -> Finding:
    if trouble := display.problem():
        return Finding("note", "display", trouble, "the commands train, sample and evaluate need none")
    return Finding("good", "display", os.environ.get("QT_QPA_PLATFORM") or os.environ.get("DISPLAY") or "native")


def _data_folder() -> Finding:
    folder = paths.user_data()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Finding("bad", "data folder", f"{folder} cannot be written: {error.strerror}",
                       "set PLAYGROUND_HOME to a folder of yours")  # fmt: skip
    free = shutil.disk_usage(folder).free / 2**30
    if free < 1:
        return Finding("bad", "data folder", f"{folder} has only {free:.1f} GB left", "free some space")
    return Finding("good", "data folder", f"{folder}, {free:.0f} GB free")


def _bundled_runs() -> Finding:
    from playground.core.run_folder import RunFolder

    names = list(registry.pretrained())
    for name in names:
        RunFolder.open(registry.find_run(name))  # verifies every hash
    if not names:
        return Finding("bad", "bundled runs", "none found", "reinstall generative-playground")
    return Finding("good", "bundled runs", f"{len(names)}, all intact")
