"""A scene's file: what is read, and that every mistake names file, line and key."""

import pytest

from playground import paths
from playground.gui.lessons.acts import Act
from playground.gui.lessons.scene import Live, Question, Step
from playground.gui.lessons.scene_file import ONCE, REPEATED, SceneError, read

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
ask: Is it zero?
choice: Yes
choice: No, never
answer: No, never
formula: \\mathrm{KL} | the KL divergence
shows: Density of the line
shows: gaussian.inside.line.kl | KL(p | q), nats | 0..0.65
shows: gaussian.inside.line.distance | |z| | 0..4
tracks: class, short
minutes: 2.5
note: Wait.
note: Let them bet.
ends: live gaussian.inside.line.kl < 0.65
solution: gaussian.inside.line.mean = -1
solution: press gaussian.start
solution: until state done
---
Drag [the mean](#gaussian.inside.line.mean), see [KL](#glossary:KL divergence).

A line of --- in the text is only a line.
---
It was {gaussian.inside.line.kl:2}.
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
    assert scene.shows == ("Density of the line",)
    assert scene.live == (
        Live("gaussian.inside.line.kl", "KL(p | q), nats", 0, 0.65),
        Live("gaussian.inside.line.distance", "|z|", 0, 4),
    )
    assert scene.question == Question("Is it zero?", ("Yes", "No, never"), 1)
    assert (scene.formula, scene.spoken) == ("\\mathrm{KL}", "the KL divergence")
    assert (scene.tracks, scene.minutes, scene.note) == (("class", "short"), 2.5, "Wait.\nLet them bet.")
    assert scene.ends == Act("live", "gaussian.inside.line.kl", "<", 0.65)
    assert scene.solution == (
        Step("set", "gaussian.inside.line.mean", -1),
        Step("press", "gaussian.start"),
        Step("until", value=Act("state", "done")),
    )
    assert scene.links() == ("gaussian.inside.line.mean",)
    assert scene.text.startswith("Drag")
    assert scene.text.endswith("a line.")
    assert scene.reveal == "It was {gaussian.inside.line.kl:2}."


def test_a_scene_knows_its_slides(scene_file):
    assert list(read(scene_file(GOOD)).numbers()) == [19, 20, 21, 22, 23, 24, 25]
    assert list(read(scene_file(GOOD.replace("19-25", "7"))).numbers()) == [7]
    assert not read(scene_file(GOOD.replace("19-25", "extra"))).numbers()


def test_scenes_stand_in_the_order_of_the_slides(scene_file):
    early = read(scene_file(GOOD.replace("19-25", "5")))
    late = read(scene_file(GOOD.replace("19-25", "32-36")))
    nowhere = read(scene_file(GOOD.replace("19-25", "extra")))
    assert sorted([nowhere, late, early], key=lambda scene: scene.place()) == [early, late, nowhere]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("title: A scene\n", "", 28, "title", "missing"),
        ("ends: live gaussian.inside.line.kl < 0.65\n", "", 28, "ends", "missing"),
        ("title: A scene", "title:", 2, "title", "empty"),
        ("title: A scene", "title A scene", 2, "title A scene", "key: value"),
        ("title: A scene", "tittle: A scene", 2, "tittle", "unknown key"),
        ("run: gaussian-bumps", "panel: vae", 6, "panel", "twice"),
        ("panel: gaussian\n", "", 28, "panel", "either a document or a panel"),
        ("panel: gaussian", "document: first.json", 6, "run", "needs a panel"),
        ("gaussian.inside.line.mean = -150", "gaussian.inside.line.mean -150", 9, "value", "ID = VALUE"),
        ("0..0.65", "0 to 0.65", 19, "shows", "NAME | WORDS | LOW..HIGH"),
        ("0..0.65", "0.65..0", 19, "shows", "NAME | WORDS | LOW..HIGH"),
        (" | KL(p | q), nats", "", 19, "shows", "NAME | WORDS | LOW..HIGH"),
        ("ends: live gaussian.inside.line.kl < 0.65", "ends: state happy", 25, "ends", "no state"),
        ("press gaussian.start", "press", 27, "solution", "press ID"),
        ("until state done", "until state happy", 28, "solution", "no state"),
        ("until state done", "gaussian.start =", 28, "solution", "ID = VALUE"),
        ("choice: Yes\n", "", 14, "choice", "two to four"),
        ("choice: Yes", "choice: No, never", 14, "choice", "different"),
        ("answer: No, never", "answer: No", 16, "answer", "none of the choices"),
        ("answer: No, never\n", "", 13, "answer", "an answer"),
        ("minutes: 2.5", "minutes: -1", 22, "minutes", "a number above 0"),
        ("minutes: 2.5", "minutes: true", 22, "minutes", "a number above 0"),
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


def test_the_example_that_teachers_copy_is_a_scene(scene_file):
    guide = (paths.resources() / "lessons" / "README.md").read_text(encoding="utf-8")
    example = "\n".join(line[4:] for line in guide.splitlines() if line.startswith("    "))
    scene = read(scene_file(example))
    assert all((scene.question, scene.live, scene.reveal, scene.note))
    for key in ONCE + REPEATED:
        assert f"`{key}`" in guide, key
