"""The comparison: several families learn the same data at once."""

from playground.gui.panels.compare.page import Page as Page
