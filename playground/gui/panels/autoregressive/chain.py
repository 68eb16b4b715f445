"""The chain rule on a 2x2 binary image: sixteen joint probabilities, each the product of four conditionals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from playground.core.chain_rule import IMAGES, ORDERS, PIXELS, Joint, crops
from playground.gui.panels.autoregressive.parts import levels_of, line_of
from playground.gui.panels.base import Lens
from playground.gui.panels.base.parts import caption, choice, int_box
from playground.gui.panels.base.views import Ask
from playground.gui.widgets import theme
from playground.gui.widgets.pixel_canvas import PixelCanvas
from playground.gui.widgets.softmax_bars import SoftmaxBars

NAMES = "abcd"  # the pixels, in raster order


class Chain(Lens):
    """Exact mathematics on pieces of the data set on show."""

    key, title = "chain", "Chain rule"
    tooltip = "Four binary pixels: all 16 joint probabilities, each the product of four conditionals, in any order"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.joint: Joint | None = None
        self._counted = 0
        self.bars = SoftmaxBars(f"{name}.bars", cumulates=False)
        self.bars.setToolTip("Bars: how often each of the 16 images of 2x2 binary pixels was counted.\n"
                             "Frames: the product of its four conditionals.\nA click chooses an image.")  # fmt: skip
        self.bars.set_tiles(IMAGES.reshape(-1, 1, 2, 2).astype(np.float32))
        self.bars.set_scale("", "", None)
        self.order = choice(f"{name}.order", "Order", "In which order the four pixels are written, of 24",
                                [" ".join(NAMES[i] for i in order) for order in ORDERS])  # fmt: skip
        self.image = int_box(f"{name}.image", "Image", "Which of the 16 images is taken apart", 0, len(IMAGES) - 1)
        self.image.setValue(11)
        self._steps = [PixelCanvas(f"{name}.step_{k}", f"Step {k + 1}") for k in range(PIXELS)]
        self._factors = [QLabel() for _ in range(PIXELS)]
        self.product = QLabel()
        self.product.setObjectName(f"{name}.product")
        self.product.setProperty("role", "heading")
        self.product.setWordWrap(True)
        self.words = caption(f"{name}.words")
        self._lay_out()
        self.order.activated.connect(lambda _: self._show())
        self.image.valueChanged.connect(lambda _: self._show())
        self.bars.level_clicked.connect(self.image.setValue)

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        pixels = crops(facts["test"])
        self.joint, self._counted = Joint.counted(pixels), len(pixels)

    def refresh(self) -> None:
        """Counted from what is there; no model is asked."""
        self._show()

    def readings(self) -> Mapping[str, float]:
        """The chosen image's joint probability, the product of its conditionals, the sum of all 16 products, and how
        many levels a pixel of this data has."""
        if self.joint is None:
            return {}
        order, k = ORDERS[self.order.currentIndex()], self.image.value()
        products = self.joint.products(order)
        return {
            "joint": float(self.joint.p[k]),
            "product": float(products[k]),
            "sum": float(products.sum()),
            "levels": float(levels_of(self.facts)),
        }

    def _show(self) -> None:
        if self.joint is None:
            return
        order, k = ORDERS[self.order.currentIndex()], self.image.value()
        joint, products, image = self.joint, self.joint.products(order), IMAGES[k]
        self.bars.set_distribution(joint.p, k, other=products)
        factors = joint.conditionals(image, order)
        for step, (pixel, factor) in enumerate(zip(order, factors, strict=True)):
            known = np.isin(np.arange(PIXELS), order[: step + 1]).reshape(2, 2)
            self._steps[step].set_picture(image.reshape(1, 2, 2), divmod(pixel, 2), known)
            before = "".join(NAMES[i] for i in order[:step])
            self._factors[step].setText(f"p({NAMES[pixel]}{'|' + before if before else ''})\n{factor:.4f}")
        product = " × ".join(f"{factor:.4f}" for factor in factors)
        self.product.setText(f"{product} = {products[k]:.4f}, counted {joint.p[k]:.4f}")
        levels, error = levels_of(self.facts), f"{np.abs(products - joint.p).max():.0e}".replace("-", "−")
        self.words.setText(
            f"Bars: counted on {self._counted:,} binarised pieces of held-out images. Frames: the products. Exact "
            f"mathematics: all 16 products sum to {products.sum():.6f}, the largest error is {error}. This data has "
            f"{levels} outcomes a pixel, {levels**PIXELS:,} for four."
        )

    def _lay_out(self) -> None:
        steps = QGridLayout()
        steps.setHorizontalSpacing(theme.em(self, 0.6))
        for k in range(PIXELS):
            self._factors[k].setAlignment(Qt.AlignmentFlag.AlignHCenter)
            steps.addWidget(self._steps[k], 0, k)
            steps.addWidget(self._factors[k], 1, k)
            steps.setColumnStretch(k, 1)
        steps.setRowStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.bars.setMinimumHeight(theme.em(self, 7))  # where all is too small, the largest part gives way
        layout.addWidget(self.bars, 4)
        layout.addLayout(line_of(("order (a b over c d)", self.order), ("image", self.image)))
        layout.addLayout(steps, 3)
        layout.addWidget(self.product)
        layout.addWidget(self.words)
