"""A scene's file: what is read, and that every mistake names file, line and key."""

import pytest

from playground.gui.lessons.acts import Act
from playground.gui.lessons.scene import Live, SceneError, read

GOOD = """---
title: A scene
slides: 19-25
panel: gaussian
# a remark
run: gaussian-bumps
view: Inside

value: gaussian.inside.line.mean = -150
value: gaussian.data = bumps
hidden: gaussian.loss, gaussian.views
locked: gaussian.data
live: gaussian.inside.line.kl | KL(p | q), nats | 0..0.65
live: gaussian.inside.line.distance | |z| | 0..4
ends: live gaussian.inside.line.kl < 0.65
solution: gaussian.inside.line.mean = -1
solution: gaussian.inside.line.spread = 147
---
Drag [the mean](#gaussian.inside.line.mean). What do you expect?

A line of --- in the text is only a line.
---
"""


@pytest.fixture
def scene_file(tmp_path):
    def write(text):
        file = tmp_path / "lecture" / "first.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_everything_in_a_good_file_is_read(scene_file):
    scene = read(scene_file(GOOD))
    assert (scene.key, scene.title, scene.slides) == ("lecture/first", "A scene", "19-25")
    assert (scene.document, scene.panel, scene.run, scene.view) == ("", "gaussian", "gaussian-bumps", "Inside")
    assert scene.values == (("gaussian.inside.line.mean", -150), ("gaussian.data", "bumps"))
    assert scene.hidden == ("gaussian.loss", "gaussian.views")
    assert scene.locked == ("gaussian.data",)
    assert scene.live == (
        Live("gaussian.inside.line.kl", "KL(p | q), nats", 0, 0.65),
        Live("gaussian.inside.line.distance", "|z|", 0, 4),
    )
    assert scene.ends == Act("live", "gaussian.inside.line.kl", "<", 0.65)
    assert scene.solution == (("gaussian.inside.line.mean", -1), ("gaussian.inside.line.spread", 147))
    assert scene.links() == ("gaussian.inside.line.mean",)
    assert scene.text.startswith("Drag")
    assert scene.text.endswith("---")


def test_scenes_stand_in_the_order_of_the_slides(scene_file):
    early = read(scene_file(GOOD.replace("19-25", "5")))
    late = read(scene_file(GOOD.replace("19-25", "32-36")))
    nowhere = read(scene_file(GOOD.replace("19-25", "extra")))
    assert sorted([nowhere, late, early], key=lambda scene: scene.place()) == [early, late, nowhere]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("title: A scene\n", "", 17, "title", "missing"),
        ("ends: live gaussian.inside.line.kl < 0.65\n", "", 17, "ends", "missing"),
        ("title: A scene", "title:", 2, "title", "empty"),
        ("title: A scene", "title A scene", 2, "title A scene", "key: value"),
        ("title: A scene", "tittle: A scene", 2, "tittle", "unknown key"),
        ("run: gaussian-bumps", "panel: vae", 6, "panel", "twice"),
        ("panel: gaussian\n", "", 17, "panel", "either a document or a panel"),
        ("panel: gaussian", "document: first.json", 6, "run", "needs a panel"),
        ("gaussian.inside.line.mean = -150", "gaussian.inside.line.mean -150", 9, "value", "ID = VALUE"),
        ("0..0.65", "0 to 0.65", 13, "live", "NAME | WORDS | LOW..HIGH"),
        ("0..0.65", "0.65..0", 13, "live", "NAME | WORDS | LOW..HIGH"),
        (" | KL(p | q), nats", "", 13, "live", "NAME | WORDS | LOW..HIGH"),
        ("live gaussian.inside.line.kl < 0.65", "state happy", 15, "ends", "no state"),
        ("gaussian.inside.line.spread = 147", "gaussian.inside.line.spread =", 17, "solution", "ID = VALUE"),
    ],
)
def test_a_mistake_names_file_line_and_key(scene_file, old, new, line, key, words):
    assert GOOD.count(old)
    with pytest.raises(SceneError) as caught:
        read(scene_file(GOOD.replace(old, new, 1)))
    assert str(caught.value).startswith(f"lecture/first.md, line {line}, {key}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "only words", "---\ntitle: x\n", "\n---\ntitle: x\n---\nwords"])
def test_a_file_without_a_header_is_refused(scene_file, text):
    with pytest.raises(SceneError, match=r"line 1, header"):
        read(scene_file(text))


def test_a_header_without_words_is_refused(scene_file):
    with pytest.raises(SceneError, match=r"text: there are no words"):
        read(scene_file(GOOD.partition("Drag")[0]))


def test_a_file_that_cannot_be_read_is_named(scene_file, tmp_path):
    file = scene_file("")
    file.write_bytes(b"---\n\xff\xfe\n---\n")
    with pytest.raises(SceneError, match=r"lecture/first.md, line 1, file"):
        read(file)
    with pytest.raises(SceneError, match=r"other.md, line 1, file"):
        read(tmp_path / "lecture" / "other.md")
