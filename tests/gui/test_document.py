"""What the window shows as plain values: written, read back, refused, and inside a picture."""

import json

import pytest
from PySide6.QtGui import QImage

from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.gui.document import Document, ViewState, is_document

WHOLE = Document(
    stage="vae",
    pages={
        "vae": ViewState(
            "vae",
            "vae-digits",
            Experiment("vae", "digits", config={"latent_dim": 2}),
            {"vae.latent.z": [0.5, -1.25], "vae.views": "Latent", "vae.seed": 3, "vae.config.more": True},
        ),
        "diffusion": ViewState("diffusion", values={"diffusion.sample.frame": 7}),
    },
    hidden=("vae.transport",),
    locked=("vae.seed", "vae.data"),
)


def test_a_document_comes_back_from_each_of_its_three_forms(tmp_path):
    WHOLE.save(tmp_path / "a.json")
    WHOLE.save_picture(QImage(20, 10, QImage.Format.Format_RGB32), tmp_path / "a.png")
    assert Document.load(tmp_path / "a.json") == WHOLE
    assert Document.load(tmp_path / "a.png") == WHOLE
    assert Document.from_string(WHOLE.to_string()) == WHOLE
    assert "\n" not in WHOLE.to_string()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.png"]


def test_the_picture_stays_a_picture(tmp_path):
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(0xFF3366)
    WHOLE.save_picture(image, tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).pixel(3, 3) == image.pixel(3, 3)


def test_only_the_stage_is_handed_on():
    assert set(WHOLE.only_stage().pages) == {"vae"}
    assert WHOLE.only_stage().locked == WHOLE.locked


def test_how_far_a_run_has_come_does_not_make_another_state():
    state = WHOLE.pages["vae"]
    assert state.same_as(ViewState("vae", state.run, None, dict(state.values)))
    assert not state.same_as(ViewState("vae", "vae-digits-2d", state.experiment, state.values))
    assert not state.same_as(ViewState("vae", state.run, state.experiment, {}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format_version": 99}, "format 99"),
        ({"format_version": "1"}, "format 1"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"stage": 3}, "'stage'"),
        ({"pages": []}, "'pages' an object"),
        ({"hidden": "vae.seed"}, "'hidden'"),
        ({"locked": [3]}, "'locked'"),
        ({"pages": {"vae": {"values": {"vae.z": {"a": 1}}}}}, "page 'vae'"),
        ({"pages": {"vae": {"values": {"vae.z": ["a"]}}}}, "page 'vae'"),
        ({"pages": {"vae": {"run": 3}}}, "'run' of the page 'vae'"),
        ({"pages": {"vae": {"code": "import os"}}}, "'vae' of a document"),
        ({"pages": {"vae": {"experiment": {"model": 3, "data": "digits"}}}}, "'model'"),
    ],
)
def test_what_is_wrong_is_named(change, words):
    with pytest.raises(PlaygroundError, match=words):
        Document.from_json(WHOLE.to_json() | change)


@pytest.mark.parametrize("text", ["", "playground:", "playground:!!!", "hello", "playground:aGVsbG8="])
def test_a_text_that_is_no_state_is_refused(text):
    with pytest.raises(PlaygroundError, match="not a state of the playground"):
        Document.from_string(text)


def test_a_text_that_would_unpack_to_more_than_a_document_is_refused():
    import base64
    import zlib

    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000, 9)).decode()
    with pytest.raises(PlaygroundError, match="not a state"):
        Document.from_string("playground:" + bomb)


def test_a_picture_without_a_document_is_refused(tmp_path):
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(tmp_path / "plain.png"))
    with pytest.raises(PlaygroundError, match="without a document"):
        Document.load(tmp_path / "plain.png")
    with pytest.raises(PlaygroundError, match="no file"):
        Document.load(tmp_path / "none.png")


def test_an_experiment_is_no_document():
    assert not is_document(Experiment("vae", "digits").to_json())
    assert is_document(json.loads(json.dumps(WHOLE.to_json())))
