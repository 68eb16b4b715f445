"""Truncation: what pulling styles towards the average one wins in fidelity and loses in variety."""

from playground.gui.panels.base.sweep_lens import SweepLens


class TruncationLens(SweepLens):
    """ψ from the average image to beyond what was trained."""

    key = "truncation"
    title = "Truncation curve"
    tooltip = "Fidelity against variety while ψ pulls the styles towards the average one"
    setting, words = "psi", "ψ"
    values = (0.0, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2)
