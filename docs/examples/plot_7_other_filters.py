"""
Where a Gaussian is not the tool
================================

Single wrong samples are smeared by a Gaussian and removed by a median; an edge is smeared by a
Gaussian and kept by a bilateral filter. Their radii are lengths as well.
"""

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

rng = np.random.default_rng(6)
edge = np.full((60, 60), 60.0)
edge[:, 30:] = 180
wrong = np.where(rng.random(edge.shape) < 0.06, rng.choice([0.0, 255.0], edge.shape), edge)
noisy = edge + rng.normal(0, 15, edge.shape)
pixels = {"voxel_size": "0.5 0.5 um"}

shown = {
    "wrong samples": wrong,
    "Gaussian, 0.5 µm": fiji_bridge.gaussian(wrong, sigma="0.5 um", **pixels),
    "median, 1 µm": fiji_bridge.median(wrong, radius="1 um", **pixels),
    "noise": noisy,
    "Gaussian, 1 µm": fiji_bridge.gaussian(noisy, sigma="1 um", **pixels),
    "bilateral, 1 µm": fiji_bridge.bilateral(noisy, radius="1 um", contrast=50, **pixels),
}
figure, panels = plt.subplots(2, 3, figsize=(8, 5.6), layout="constrained")
for panel, (title, data) in zip(panels.flat, shown.items(), strict=True):
    panel.imshow(data, cmap="gray", vmin=0, vmax=255, extent=(0, 30, 30, 0))
    panel.set_title(title)
    panel.set_axis_off()
