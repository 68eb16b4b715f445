"""Files from strangers: a thousand damaged scenes and documents, each understood or refused by one sentence."""

import json
import random

import pytest

from playground.core.errors import PlaygroundError
from playground.gui.document import Document, ViewState
from playground.gui.lessons import acts, words
from playground.gui.lessons.player import document_of
from playground.gui.lessons.scene_file import ONCE, REPEATED, SceneError, read
from tests.gui.lessons.test_scene_file import GOOD

COUNT = 500
NASTY = (
    "", "\0", "---", ":", "=", "|", "..", "[", "{" * 3000, "a = " + "[" * 50_000, "9" * 400, "nan", "1e999", "-1",
    "true", "null", "\u202e", "é" * 50, "../../etc/passwd", "$(id)", "__import__('os')", "control", "live x <", "until",
    "press", *(f"{key}: {value}" for key in ONCE + REPEATED for value in ("", "x", "1", "a = [1", "a | b | 1..0")),
    "value: a = " + "[" * 50_000,
)  # fmt: skip


def refusal(error, call, *given):
    """What a call says when it refuses, and "" where it does not; any other error is one."""
    try:
        call(*given)
    except error as refused:
        return str(refused)
    return ""


def damaged(text, chance):
    lines = text.splitlines()
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                lines.insert(place, chance.choice(NASTY))
            case 1:
                lines[place] = chance.choice(NASTY)
            case 2:
                cut = chance.randrange(len(lines[place]) + 1)
                lines[place] = lines[place][:cut] + chance.choice(NASTY) + lines[place][cut:]
            case 3:
                lines[place] = lines[chance.randrange(len(lines))]
            case 4 if len(lines) > 1:
                del lines[place]
            case _:
                lines = lines[: place + 1]
    return "\n".join(lines)


def test_a_damaged_scene_is_read_or_named_with_file_and_line(tmp_path):
    chance, refused = random.Random(0), 0
    file = tmp_path / "own" / "scene.md"
    file.parent.mkdir()
    for _ in range(COUNT):
        text = damaged(GOOD, chance)
        file.write_bytes(text.encode() if chance.random() < 0.9 else bytes(chance.randbytes(200)))
        if sentence := refusal(SceneError, read, file):
            refused += 1
            assert sentence.startswith("own/scene.md, line ")
            assert len(sentence) < 700
            continue
        scene = read(file)
        assert scene.place()
        assert isinstance(words.fill(scene.text + scene.reveal, {}), str)
        assert scene.ends.holds_for("x") in (True, False)
        refusal(PlaygroundError, document_of, scene)
    assert COUNT / 4 < refused < COUNT, "the damage has to reach both ways"
    assert [path.name for path in tmp_path.rglob("*")] == ["own", "scene.md"]


def test_values_stay_words(tmp_path):
    assert acts.plain_value("__import__('os').system('id')") == "__import__('os').system('id')"
    with pytest.raises(ValueError, match="is no act"):
        acts.parse("exec import os")


def test_a_damaged_document_is_read_or_refused_by_a_sentence(tmp_path):
    state = ViewState("vae", "vae-digits", None, {"vae.views": "Latent", "vae.latent.z": [0.5, -1.0], "vae.seed": 3})
    whole = json.dumps(Document("vae", {"vae": state}, ("vae.loss",), ("vae.data",)).to_json(), indent=1)
    chance, refused = random.Random(1), 0
    file = tmp_path / "one.json"
    for _ in range(COUNT):
        file.write_text(damaged(whole, chance), encoding="utf-8")
        sentence = refusal(PlaygroundError, Document.load, file)
        refused += bool(sentence)
        assert not sentence or sentence.endswith((".", "}")), sentence
    assert refused > COUNT / 2
    for nasty in ([], {"stage": [], "pages": 3}, {"stage": "vae", "pages": {"vae": []}}, {"stage": "x", "pages": {},
                  "locked": [[]]}, {"stage": "x", "pages": {"x": {"values": {"a": {"b": 1}}}}}):  # fmt: skip
        with pytest.raises(PlaygroundError):
            Document.from_json(nasty)
