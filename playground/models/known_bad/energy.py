"""Energy: chains that never arrive, and energies that nothing holds."""

from playground.core.known_bad import KnownBad, Setup

FEWEST = 5  # Langevin steps an update


def contrasts(s: Setup) -> bool:
    """Whether chains are walked in training at all."""
    return bool(s.spec.kind == "images" or s.config.training == "contrastive divergence")


KNOWN_BAD = (
    KnownBad("langevin_steps", lambda s: contrasts(s) and s.config.langevin_steps < FEWEST,
             "{s.config.langevin_steps} Langevin steps an update do not take a chain from noise to where E is low.",
             {"langevin_steps": 20}, alarm="Too few sampler steps"),
    KnownBad("sample.steps", lambda s: s.sample.start == "noise" and s.sample.steps < 20,
             "From noise {s.sample.steps} Langevin steps do not arrive anywhere: look at 100 or more.",
             {"sample.steps": 300}, alarm="Too few sampler steps"),
    KnownBad("regularisation", lambda s: contrasts(s) and s.config.regularisation == 0.0,
             "Nothing holds the energies: the gap between data and chains can grow without end.",
             {"regularisation": 0.1}),
)  # fmt: skip
