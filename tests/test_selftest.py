"""The evening before class: each promise is tried, and one that does not hold names its cure."""

import json
import socket
import sys

import numpy as np
import pytest

from playground import cli, paths, registry, selftest
from playground.core import untrusted
from playground.core.run_folder import RunFolder


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))


def _result(look):
    """The finding of the check that looks with this function."""
    return selftest.try_out(next(check for check in selftest.CHECKS if check.look is look))


def _without(monkeypatch, *looks):
    """Leaves out what takes long."""
    monkeypatch.setattr(selftest, "CHECKS", tuple(check for check in selftest.CHECKS if check.look not in looks))


def test_what_holds_is_a_line_a_check_and_leaves_nothing_behind(monkeypatch, capsys):
    _without(monkeypatch, selftest.bundled_runs, selftest.killed)
    monkeypatch.setattr(selftest.doctor, "examine", list)
    assert cli.run(["selftest"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(selftest.CHECKS)
    assert all(line.startswith("ok  ") for line in lines)
    assert list(paths.user_data().glob(".selftest-*")) == []


def test_what_does_not_hold_names_its_cure_and_is_the_exit_code(monkeypatch, capsys):
    def broken(_):
        raise ZeroDivisionError("injected")

    monkeypatch.setattr(selftest, "CHECKS", (selftest.Check("saving", "free some space", broken),))
    monkeypatch.setattr(selftest.doctor, "examine", list)
    assert cli.run(["selftest", "--json"]) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert check == {
        "level": "bad", "name": "saving", "text": "ZeroDivisionError: injected", "cure": "free some space"
    }  # fmt: skip


def test_what_doctor_finds_counts(monkeypatch, capsys):
    bad = selftest.Finding("bad", "torch", "too old", "python -m pip install 'torch>=2.6'")
    monkeypatch.setattr(selftest.doctor, "examine", lambda: [bad])
    monkeypatch.setattr(selftest, "CHECKS", ())
    assert cli.run(["selftest"]) == 1
    assert "-> python -m pip install 'torch>=2.6'" in capsys.readouterr().out


@pytest.mark.parametrize("look", [selftest.saved_exactly, selftest.resumed_exactly])
def test_weights_that_come_back_changed_are_found(monkeypatch, look):
    loaded = RunFolder.load_weights
    calls = []

    def changed(folder, step=None):
        calls.append(1)
        weights = loaded(folder, step)
        return {name: tensor + len(calls) for name, tensor in weights.items()}

    monkeypatch.setattr(RunFolder, "load_weights", changed)
    finding = _result(look)
    assert finding.level == "bad"
    assert finding.text.startswith("Not the same: ")
    assert finding.cure


def test_a_hostile_file_that_is_opened_is_found(monkeypatch):
    monkeypatch.setattr(untrusted, "read_array", lambda path: np.load(path, allow_pickle=True))
    finding = _result(selftest.hostile_files)
    assert finding.level == "bad"
    assert "code.npy" in finding.text


def test_a_bundled_run_that_does_not_open_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "pretrained", lambda: {"vae-gone": tmp_path})
    finding = _result(selftest.bundled_runs)
    assert finding.level == "bad"
    assert "reinstall" in finding.cure


def test_a_bundled_run_is_opened_and_sampled(monkeypatch):
    name = "gaussian-moons"
    monkeypatch.setattr(registry, "pretrained", lambda: {name: paths.pretrained() / name})
    assert _result(selftest.bundled_runs).text == "1 open and are intact, 1 of them sample"


def test_a_training_that_ends_by_itself_is_no_killed_one(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false" if sys.platform != "win32" else "where.exe")
    finding = _result(selftest.killed)
    assert finding.level == "bad"
    assert "ended by itself" in finding.text


def test_a_killed_training_leaves_a_run_that_goes_on():
    assert _result(selftest.killed).level == "good"


def test_a_listening_socket_is_found():
    def listen(_):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
        return "listened"

    network = next(check for check in selftest.CHECKS if check.look is selftest.no_network)
    found = list(selftest.examine((selftest.Check("listens", "", listen), network)))
    assert found[-1].level == "bad"
    assert "socket.bind" in found[-1].text
