"""Pictures of the real window."""

import pytest
from PySide6.QtGui import QImage

from playground import registry
from playground.core.errors import UsageError
from playground.gui import tour


VIEWS = ("", ".train", ".sample", ".compare")  # the first is the one that opens


def colours(picture: QImage) -> int:
    """How many different ones a grid of pixels shows."""
    return len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)})


def test_every_view_of_a_panel_is_saved_under_its_name_in_the_size_asked_for(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(tour, "SECONDS", 0.2)
    monkeypatch.setattr(registry, "data", lambda every=registry.data: {n: every()[n] for n in ("strokes", "moons")})
    saved = list(tour.take(tmp_path / "pictures", "vae", (1100, 700), "dark"))
    names = {f"vae-{data}-dark{view}.png" for data in ("strokes", "moons") for view in VIEWS}
    assert {path.name for path in saved} == {path.name for path in (tmp_path / "pictures").iterdir()} == names
    for path in saved:
        picture = QImage(str(path))
        assert (picture.width(), picture.height()) == (1100, 700)
        assert colours(picture) > 100


@pytest.mark.parametrize(("page", "names"), [("home", {"home-all-light.png"}), ("lecture", {"lecture-all-light.png"}),
    ("compare", {"compare-eight-gaussians-light.png", "compare-eight-gaussians-light.quiz.png"})])  # fmt: skip
def test_pages_that_are_no_panel_are_saved_too(qapp, tmp_path, monkeypatch, page, names):
    monkeypatch.setattr(tour, "SECONDS", 0.2)
    saved = list(tour.take(tmp_path, page, (1100, 700), "light"))
    assert {path.name for path in saved} == names
    assert all(colours(QImage(str(path))) > 30 for path in saved)


def test_an_unknown_panel_is_named(qapp, tmp_path):
    with pytest.raises(UsageError, match="gaan"):
        list(tour.take(tmp_path, "gaan", (800, 600), "light"))
