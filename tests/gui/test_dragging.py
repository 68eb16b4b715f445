"""How long a picture takes to follow a slider: what is measured, and where there is nothing to measure."""

import pytest

from playground.core.errors import UsageError
from playground.gui import dragging


def test_each_move_of_a_slider_is_followed_by_its_picture(qapp):
    figures = dragging.slider("vae", 0.3, "moons", "thread")
    for when in ("at_rest", "training"):
        assert figures[when]["moves"] >= 1
        assert 0 < figures[when]["p50_ms"] <= figures[when]["worst_ms"]
    assert figures["decoder"] == figures["training"]
    assert (figures["panel"], figures["data"]) == ("vae", "moons")


def test_a_page_without_such_a_slider_is_named(qapp):
    with pytest.raises(UsageError, match="no view Latent"):
        dragging.slider("autoregressive", 0.1, "moons", "thread")
