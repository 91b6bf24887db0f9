"""
Projections at true aspect
==========================

The largest values along z, y and x, resampled to square pixels, so that a ball is a circle in each
of them. ``fiji-bridge views cells.tif views.png`` draws them with a scale bar.
"""

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

z, y, x = np.ogrid[:24, :60, :60]
ball = (z - 9) ** 2 + (0.4 * (y - 20)) ** 2 + (0.4 * (x - 20)) ** 2 < 36
sheet = abs(0.4 * (x - 46) + 0.5 * (z - 12)) + 0 * y < 1.6
noisy = np.random.default_rng(0).normal(40 + 100 * ball + 140 * sheet, 12)

views = fiji_bridge.views(noisy, voxel_size="1 0.4 0.4 um")

figure, panels = plt.subplots(1, 3, figsize=(9.6, 3.6), layout="constrained")
for panel, (name, view) in zip(panels, views.images.items(), strict=True):
    down, across = (view.calibration.voxel_size(axis, "um") for axis in view.axes[-2:])
    height, width = (n * size for n, size in zip(view.shape[-2:], (down, across), strict=True))
    panel.imshow(np.squeeze(view.data), cmap="gray", extent=(0, width, height, 0))
    panel.set(title=name, xlabel="µm")
