"""The four ways to say what ends a scene."""

import pytest

from playground.gui.lessons import acts
from playground.gui.lessons.acts import Act


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("control diffusion.sample.frame == 25", Act("control", "diffusion.sample.frame", "==", 25)),
        ("control vae.latent.z.0 >= 150", Act("control", "vae.latent.z.0", ">=", 150)),
        ("control gaussian.data == moons", Act("control", "gaussian.data", "==", "moons")),
        ('control gaussian.views != "Train"', Act("control", "gaussian.views", "!=", "Train")),
        ("control vae.loss.log == true", Act("control", "vae.loss.log", "==", True)),
        ("pressed vae.latent.z.random", Act("pressed", "vae.latent.z.random")),
        ("state done", Act("state", "done")),
        ("live gaussian.inside.line.kl < 0.65", Act("live", "gaussian.inside.line.kl", "<", 0.65)),
    ],
)
def test_each_form_is_read(text, act):
    assert acts.parse(text) == act


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no act"),
        ("wait 5", "is no act"),
        ("pressed", "is no act"),
        ("pressed two words", "is no act"),
        ("control diffusion.sample.frame", "lacks a relation"),
        ("control diffusion.sample.frame = 3", "lacks a relation"),
        ("control frame ==", "lacks a relation"),
        ("state happy", "is no state"),
        ("live kl < little", "compared with a number"),
        ("live kl == true", "compared with a number"),
    ],
)
def test_what_is_no_act_is_said(text, words):
    with pytest.raises(ValueError, match=words):
        acts.parse(text)


@pytest.mark.parametrize(
    ("relation", "held"),
    [("==", [2]), ("!=", [1, 3]), ("<", [1]), ("<=", [1, 2]), (">", [3]), (">=", [2, 3])],
)
def test_relations_hold_where_they_should(relation, held):
    act = acts.parse(f"control some.id {relation} 2")
    assert [value for value in (1, 2, 3) if act.holds_for(value)] == held


def test_a_value_of_another_kind_does_not_hold_and_breaks_nothing():
    assert not acts.parse("control some.id < 2").holds_for("moons")
    assert not acts.parse("control some.id < 2").holds_for(None)
