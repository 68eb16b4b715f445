"""Truncation: what noise that keeps near zero wins in fidelity and loses in variety."""

from collections.abc import Mapping
from typing import Any

from playground.gui.panels.base.sweep_lens import SweepLens


class TruncationLens(SweepLens):
    """From one sample a label to the whole prior."""

    key = "truncation"
    title = "Truncation"
    tooltip = "Fidelity against variety while each number of z is drawn nearer to zero"
    setting, words = "truncation", "truncation"
    values = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return super().fits(facts) and facts["shape"] != (1,)
