"""The model diagram."""

from itertools import pairwise

import numpy as np
import pytest

from playground.gui.widgets import theme
from playground.gui.widgets.model_diagram import Edge, ModelDiagram, Node

NODES = [
    Node("x", "observed", "x", 0, caption="data"),
    Node("encoder", "network", "encoder", 1, shape="narrow", part="inference"),
    Node("z", "latent", "z", 2),
    Node("decoder", "network", "decoder", 3, shape="widen"),
    Node("loss", "operation", "KL", 4),
]
EDGES = [Edge("x", "encoder"), Edge("encoder", "z", dashed=True), Edge("z", "decoder"), Edge("decoder", "loss")]


@pytest.fixture
def diagram(qtbot):
    theme.apply("light")
    widget = ModelDiagram("vae.diagram")
    qtbot.addWidget(widget)
    widget.resize(900, theme.em(widget, 7))
    widget.set_graph(NODES, EDGES)
    return widget


def colour_at(diagram, node):
    centre = diagram.node_rects()[node].center().toPoint()
    return diagram.grab().toImage().pixelColor(centre.x(), centre.y() - theme.em(diagram))


@pytest.mark.parametrize("ems", [(60, 6), (40, 8), (30, 5)])
def test_nodes_stand_inside_and_apart_in_the_order_of_their_columns(diagram, ems):
    diagram.resize(*(theme.em(diagram, count) for count in ems))
    rects = list(diagram.node_rects().values())
    assert all(diagram.rect().contains(rect.toAlignedRect()) for rect in rects)
    assert all(left.right() < right.left() for left, right in pairwise(rects))


def test_latent_is_white_and_observed_gray_in_both_themes(diagram):
    assert colour_at(diagram, "z").name() == theme.LIGHT.latent.lower()
    assert colour_at(diagram, "x").name() == theme.LIGHT.observed.lower()
    theme.apply("dark")
    assert colour_at(diagram, "z").name() == theme.DARK.latent.lower()
    assert colour_at(diagram, "x").name() == theme.DARK.observed.lower()
    theme.apply("light")


def test_lighting_by_part_changes_the_node_and_only_it(diagram):
    dark_before, decoder_before = colour_at(diagram, "encoder"), colour_at(diagram, "decoder")
    diagram.light({"inference"})
    assert diagram.lit() == {"encoder"}
    assert colour_at(diagram, "encoder") != dark_before
    assert colour_at(diagram, "decoder") == decoder_before
    assert "encoder (active)" in diagram.accessibleDescription()
    diagram.light(())
    assert colour_at(diagram, "encoder") == dark_before


def test_a_thumbnail_is_drawn_in_the_node_and_taken_away(diagram):
    diagram.set_thumbnail("x", np.stack([np.ones((8, 8)), np.zeros((8, 8)), np.zeros((8, 8))]))
    assert colour_at(diagram, "x").name() == "#ff0000"
    diagram.set_thumbnail("x", None)
    assert colour_at(diagram, "x").name() == theme.LIGHT.observed.lower()


def test_the_graph_is_told_in_words(diagram):
    assert diagram.accessibleDescription().startswith("observed variable x (data) leads to encoder; network encoder")


def test_words_take_the_place_of_a_caption_and_give_it_back(diagram):
    before = diagram.grab().toImage()
    diagram.set_words("x", "7.5")
    assert diagram.words("x") == "7.5"
    assert diagram.grab().toImage() != before
    assert "observed variable x (7.5)" in diagram.accessibleDescription()
    diagram.set_words("x", "")
    assert diagram.words("x") == "data"
    assert diagram.grab().toImage() == before


def test_an_edge_to_nowhere_is_refused(diagram):
    with pytest.raises(ValueError, match="not there"):
        diagram.set_graph(NODES, [Edge("x", "y")])


def test_edges_in_every_direction_are_painted_clear_of_the_nodes(diagram):
    nodes = [*NODES, Node("noise", "latent", "ε", 0, 1), Node("t", "operation", "t", 1, 1)]
    edges = [Edge("loss", "encoder", "gradient"), Edge("t", "encoder"), Edge("noise", "loss"), Edge("noise", "encoder")]
    diagram.resize(900, theme.em(diagram, 14))
    diagram.set_graph(nodes, [])
    bare = diagram.grab().toImage()
    for edge in edges:
        diagram.set_graph(nodes, [edge])
        assert diagram.grab().toImage() != bare
