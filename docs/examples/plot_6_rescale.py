"""
A fine pattern on a coarser grid
================================

Where every fourth sample is taken, rings that are finer than the new grid come out as other rings.
``rescale`` blurs by what the new voxel size needs before it takes samples.
"""

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

y, x = np.mgrid[:300, :300]
rings = 128 + 100 * np.cos((x**2 + y**2) / 190)
size = {"voxel_size": "0.1 0.1 um", "to": "0.4 um"}

shown = {
    "as it is": rings,
    "every fourth sample": fiji_bridge.rescale(rings, antialias="none", **size),
    "blurred first": fiji_bridge.rescale(rings, **size),
}
figure, panels = plt.subplots(1, 3, figsize=(9.6, 3.5), layout="constrained")
for panel, (title, data) in zip(panels, shown.items(), strict=True):
    panel.imshow(data, cmap="gray", vmin=28, vmax=228, extent=(0, 30, 30, 0))
    panel.set(title=title, xlabel="µm")
