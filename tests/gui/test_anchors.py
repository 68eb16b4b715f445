"""What the specialists of the field show live, feature by feature, and by which controls the playground answers.

The specialists: GAN Lab (GL), Diffusion Explorer (DX), Diffusion Explainer (DE), VAE Explainer (VX) and the StyleGAN3
visualizer (SG). A row says what they have, where it is here, and the ids by which it is found there; ``id=entry`` is
an entry of a list.
"""

from typing import NamedTuple

import pytest
from PySide6.QtWidgets import QComboBox, QWidget

from playground.gui.panels.base import LensView

LIVE_IN = {
    "GL": "A8 B1 B2 B3 B4 B5 B6 B8 C1 C2 C6 D6 E1 E2 E3 K2 K4",
    "DX": "A7 B7 C1 C2 D1 E2 E5 K2 K4",
    "DE": "D1 D2 H1 I2 K2 K4",
    "VX": "C5 E9 E10 F2 F6 I2 K2 K4",
    "SG": "A9 E8 F2 G1 G2 G3 K1",
}
"""Which features are live in each of them."""


class Row(NamedTuple):
    """A feature here. `run`: a bundled run, or a page; `lens`: "" for a view that has none."""

    feature: str
    what: str
    run: str
    view: str
    lens: str
    ids: str


GAN, PLANE, DIGITS, STYLE = "gan-eight-gaussians", "diffusion-eight-gaussians", "diffusion-digits", "stylegan-shapes"
TABLE = (
    Row("A7", "flow matching, trained live", PLANE, "Train", "",
        "diffusion.config.target=flow diffusion.config.schedule=straight diffusion.start"),
    Row("A8", "GAN, trained live", GAN, "Train", "", "gan.start gan.train.points"),
    Row("A9", "style-based generator", STYLE, "Inside", "z to w", "stylegan.inside.mapping.samples stylegan.start"),
    Row("B1", "start, pause, resume", GAN, "Train", "", "gan.start gan.stop"),
    Row("B2", "one optimizer step", GAN, "Train", "", "gan.step"),
    Row("B3", "step D or G alone, k_D", GAN, "Inside", "Players",
        "gan.inside.players.step.d gan.inside.players.step.g gan.inside.players.k"),
    Row("B4", "slow motion, the active part lit", GAN, "Inside", "Players", "gan.inside.players.slow gan.diagram"),
    Row("B5", "learning rate, optimizer, loss mid-run", GAN, "Train", "",
        "gan.training.lr gan.config.momentum gan.training.weight_decay gan.config.objective"),
    Row("B6", "architecture", GAN, "Train", "", "gan.config.width gan.config.latent_dim"),
    Row("B7", "training off the window's thread", PLANE, "Train", "", "diffusion.start diffusion.progress"),
    Row("B8", "live loss curve", GAN, "Train", "", "gan.loss.plot"),
    Row("C1", "preset distributions", GAN, "Train", "", "gan.data=Eight_Gaussians gan.data=Two_moons"),
    Row("C2", "draw a distribution of one's own", GAN, "Train", "", "gan.dock.draw.canvas gan.dock.draw.use"),
    Row("C5", "draw an image and see it encoded", "vae-digits", "Latent", "",
        "vae.latent.own.canvas vae.latent.own.pad"),
    Row("C6", "choose the prior", GAN, "Train", "", "gan.config.prior=uniform gan.config.latent_dim"),
    Row("D1", "scrub generation time", DIGITS, "Sample", "", "diffusion.sample.frame"),
    Row("D2", "one step forward and back", DIGITS, "Sample", "", "diffusion.sample.forward diffusion.sample.back"),
    Row("D6", "data flow through the drawn model", GAN, "Inside", "Players", "gan.diagram gan.inside.players.slow"),
    Row("E1", "the discriminator's surface", GAN, "Inside", "Discriminator",
        "gan.inside.surface.plane gan.inside.surface.show.surface"),
    Row("E2", "the generator's manifold", GAN, "Inside", "Manifold", "gan.inside.manifold.warped"),
    Row("E3", "a gradient arrow on every fake", GAN, "Inside", "Discriminator", "gan.inside.surface.show.pushes"),
    Row("E5", "density contours over time", PLANE, "Sample", "", "diffusion.sample.plane diffusion.sample.frame"),
    Row("E8", "feature maps, channels, FFT", STYLE, "Inside", "Layers",
        "stylegan.inside.layers.maps stylegan.inside.layers.spectra stylegan.inside.layers.layer"),
    Row("E9", "latent scatter with posterior ellipse", "vae-digits", "Inside", "Posterior and prior",
        "vae.inside.posterior.pad"),
    Row("E10", "equation tied to live numbers", "vae-digits", "Inside", "Posterior and prior",
        "vae.inside.posterior.sum"),
    Row("F2", "2-D latent pad", "vae-digits", "Latent", "",
        "vae.latent.map.pad vae.latent.map.across vae.latent.map.up"),
    Row("F6", "encode an image, then edit", "vae-digits", "Latent", "", "vae.latent.own.open vae.latent.z.0"),
    Row("G1", "truncation with cut-off", STYLE, "Inside", "z to w",
        "stylegan.inside.mapping.psi stylegan.inside.mapping.cutoff"),
    Row("G2", "noise: on, off, seed, animate", STYLE, "Inside", "Noise",
        "stylegan.inside.noise.noise stylegan.inside.noise.reseed stylegan.inside.noise.animate"),
    Row("G3", "style mixing a layer", STYLE, "Inside", "Mixing",
        "stylegan.inside.mixing.level stylegan.inside.mixing.seed_b stylegan.inside.mixing.grid"),
    Row("H1", "two runs side by side, same seed", DIGITS, "Compare", "",
        "diffusion.compare.run diffusion.compare.seed diffusion.compare.theirs.images"),
    Row("I2", "explanation beside the control", DIGITS, "Sample", "", "diffusion.formula diffusion.source"),
    Row("K1", "native window", STYLE, "Train", "", "stylegan.views"),
    Row("K2", "a laptop without GPU is enough", PLANE, "Train", "", "diffusion.start diffusion.budget"),
    Row("K4", "the first screen shows a success", "home", "", "", "home.gan home.diffusion home.stylegan home.vae"),
)  # fmt: skip


def test_every_feature_that_is_live_in_a_specialist_has_a_row():
    wanted = {feature for live in LIVE_IN.values() for feature in live.split()}
    assert {row.feature for row in TABLE} == wanted


@pytest.mark.parametrize("run", sorted({row.run for row in TABLE}))
def test_the_controls_are_there(open_window, run):
    person = open_window(run if "-" in run else "")
    page = person.panel if "-" in run else person.window.show_page(run)
    missing = []
    for row in [row for row in TABLE if row.run == run]:
        if row.view:
            person.show_view(row.view)
        if row.lens:
            assert isinstance(person.view, LensView)
            person.view.show_lens(row.lens)
            person.settle()
        missing += [f"{row.feature}, {row.what}: {name}" for name in row.ids.split(" ") if not is_there(page, name)]
    assert not missing, "\n".join(missing)


def is_there(page, name):
    """Whether a control, or ``control=entry`` of a list, is in the page."""
    control, _, entry = name.partition("=")
    found = page.findChild(QWidget, control)
    listed = isinstance(found, QComboBox) and found.findText(entry.replace("_", " ")) >= 0
    return found is not None and (listed or not entry)
