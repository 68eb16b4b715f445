"""Versions that are known to bring a window down are found before Qt is asked, and the line that mends them is said."""

import importlib.metadata

import pytest

from playground import cli, doctor


def _installed(monkeypatch, **versions):
    known = {"PySide6-Essentials": "6.11.3", "pyqtgraph": "0.14.0", "torch": "2.9.0+cpu"} | {
        name.replace("PySide6", "PySide6-Essentials"): version for name, version in versions.items()
    }

    def version(package):
        if known[package] is None:
            raise importlib.metadata.PackageNotFoundError(package)
        return known[package]

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)


def test_what_is_known_to_work_is_no_misfit(monkeypatch):
    _installed(monkeypatch)
    assert doctor.misfits() == []


@pytest.mark.parametrize(
    ("package", "version", "mended_by"),
    [
        ("PySide6", "6.9.1", "'PySide6-Essentials>=6.8,<6.12,!=6.11.0,!=6.11.1'"),
        ("PySide6", "6.11.0", "'PySide6-Essentials>=6.8,<6.12,!=6.11.0,!=6.11.1'"),
        ("PySide6", "6.12.0", "'PySide6-Essentials>=6.8,<6.12,!=6.11.0,!=6.11.1'"),
        ("pyqtgraph", "0.13.7", "'pyqtgraph>=0.14'"),
        ("torch", "2.5.1", "'torch>=2.6'"),
        ("torch", None, "torch"),
    ],
)
def test_a_version_that_breaks_the_window_stops_it_with_the_line_that_mends_it(
    monkeypatch, capsys, package, version, mended_by
):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 11))
    _installed(monkeypatch, **{package: version})
    assert cli.run([]) == 2
    assert capsys.readouterr().err.strip().endswith(f"Mend it with: python -m pip install {mended_by}")


def test_the_report_of_the_help_menu_can_be_had_without_a_window(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "playground-1.log").write_text(f"could not read {tmp_path}/runs/mine\n")
    (logs / "crash-1.log").write_text("Fatal Python error: Segmentation fault\n")
    assert cli.run(["doctor", "--report"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("generative-playground ")
    assert "could not read <data>/runs/mine" in said
    assert said.endswith("-- last native crash --\nFatal Python error: Segmentation fault\n")
    assert str(tmp_path) not in said
    assert cli.run(["doctor", "--report", "--json"]) == 2
