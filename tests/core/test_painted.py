"""Points of a painted density: where they lie, that they repeat, and that a drawing never takes another's place."""

import os
from pathlib import Path

import numpy as np
import pytest

from playground.core import durable, painted
from playground.core.errors import PlaygroundError, UsageError

CORNER = np.zeros((8, 8))
CORNER[0, 7] = 3.0  # the lowest row, on the right
CORNER[7, 0] = 1.0


def test_points_fall_where_it_is_painted_by_its_shares() -> None:
    points = painted.points_of(CORNER, 4000, seed=0)
    right = points[:, 0] > 0
    assert points.shape == (4000, 2)
    assert right.mean() == pytest.approx(0.75, abs=0.03)
    assert (points[right] >= (2.25, -3)).all()
    assert (points[right] <= (3, -2.25)).all()
    assert (points[~right] <= (-2.25, 3)).all()
    assert points[right].mean(axis=0) == pytest.approx((2.625, -2.625), abs=0.02)  # evenly within the cell


def test_a_seed_repeats_its_points_and_another_draws_others() -> None:
    first, again, other = (painted.points_of(CORNER, 50, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_empty_canvas_is_refused() -> None:
    with pytest.raises(UsageError, match="Nothing is painted"):
        painted.points_of(np.zeros((8, 8)), 10, seed=0)


def test_a_taken_name_gets_a_number_and_nothing_is_lost(tmp_path: Path) -> None:
    files = [painted.keep(np.full((20, 2), float(k)), tmp_path / "new", "my cat", "a cat") for k in range(3)]
    assert [file.name for file in files] == ["my cat.csv", "my cat-2.csv", "my cat-3.csv"]
    for k, file in enumerate(files):
        assert file.read_text().startswith("# a cat\nx,y\n")
        np.testing.assert_allclose(np.loadtxt(file, delimiter=",", skiprows=2), float(k))
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(file.name for file in files)


@pytest.mark.parametrize("name", ["", "  ", "../escape", "a/b", ".hidden", "x" * 41, "a\nb"])
def test_a_name_that_is_no_file_s_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not do as a name"):
        painted.keep(np.zeros((20, 2)), tmp_path, name, "")
    assert not list(tmp_path.iterdir())


def test_without_second_names_for_files_it_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    names = [painted.keep(np.zeros((20, 2)), tmp_path, "dot", "").name for _ in range(2)]
    assert names == ["dot.csv", "dot-2.csv"]
    assert (tmp_path / "dot.csv").stat().st_size > 100


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "_write", fail)
    with pytest.raises(PlaygroundError, match="No space left"):
        painted.keep(np.zeros((20, 2)), tmp_path, "dot", "")
    assert not list(tmp_path.iterdir())
