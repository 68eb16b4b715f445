"""Pictures of the real window."""

import pytest
from PySide6.QtGui import QImage

from playground import registry
from playground.core.errors import PlaygroundError, UsageError
from playground.gui import tour

VIEWS = ("", ".train", ".sample", ".inside", ".inside.bound", ".compare")  # the first is the one that opens


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
    ("compare", {f"compare-eight-gaussians-light{view}.png" for view in ("", ".quiz", ".seeds")})])  # fmt: skip
def test_pages_that_are_no_panel_are_saved_too(qapp, tmp_path, monkeypatch, page, names):
    monkeypatch.setattr(tour, "SECONDS", 0.2)
    saved = list(tour.take(tmp_path, page, (1100, 700), "light"))
    assert {path.name for path in saved} == names
    assert all(colours(QImage(str(path))) > 30 for path in saved)


def test_an_unknown_panel_is_named(qapp, tmp_path):
    with pytest.raises(UsageError, match="gaan"):
        list(tour.take(tmp_path, "gaan", (800, 600), "light"))


def test_each_scene_of_a_lesson_is_saved_as_it_begins_and_when_it_is_done(qapp, tmp_path, monkeypatch):
    lecture = registry.lessons()["lecture"]
    own = tmp_path / "own"
    own.mkdir()
    (own / "likelihood.md").write_text((lecture / "maximum-likelihood.md").read_text(encoding="utf-8"))
    monkeypatch.setattr(registry, "lessons", lambda: {"own": own})
    first, done, handout = tour.take(tmp_path / "pictures", None, (1100, 700), "light", "own")
    assert handout.name == "own.pdf"
    assert handout.read_bytes().startswith(b"%PDF")
    assert first.name == "own-likelihood-light.png"
    assert done.name == "own-likelihood-light.done.png"
    before, after = QImage(str(first)), QImage(str(done))
    assert before.size() == after.size()
    assert before != after


def test_a_lesson_that_makes_no_sense_or_does_not_exist_is_named(qapp, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="lectur'"):
        list(tour.take(tmp_path, None, (800, 600), "light", "lectur"))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "broken.md").write_text("no scene")
    monkeypatch.setattr(registry, "lessons", lambda: {"own": tmp_path / "own"})
    with pytest.raises(PlaygroundError, match=r"own/broken\.md, line 1"):
        list(tour.take(tmp_path, None, (800, 600), "light", "own"))
