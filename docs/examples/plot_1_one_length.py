"""
One length, one number of pixels
================================

A point in a stack of voxels of 2 × 0.45 × 0.45 µm, blurred by 2.2 pixels on every axis and by one
micrometre in every direction. Only the second is round.
"""

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

point = np.zeros((21, 81, 81))
point[10, 40, 40] = 1
voxels = {"voxel_size": "2 0.45 0.45 um"}

by_pixels = fiji_bridge.gaussian(point, sigma="2.222 px", **voxels)
by_length = fiji_bridge.gaussian(point, sigma="1 um", kernel="band-limited", **voxels)

# %%
# What a call does to each axis is known before it is made: σ in pixels is σ divided by the voxel
# size, and along z it is half a voxel.

print(fiji_bridge.gaussian.plan(point, sigma="1 um", kernel="band-limited", **voxels).table())

# %%
# Cut along xz, at the true aspect of the voxels; the line is half of the maximum.

figure, panels = plt.subplots(1, 2, figsize=(8, 4.6), layout="constrained")
for panel, cut, title in (
    (panels[0], by_pixels[:, 40], "2.222 pixels on every axis"),
    (panels[1], by_length[:, 40], "1 µm in every direction"),
):
    x, z = 0.45 * (np.arange(81) - 40), 2.0 * (np.arange(21) - 10)
    edges = (x[0] - 0.225, x[-1] + 0.225, z[-1] + 1, z[0] - 1)
    panel.imshow(cut, cmap="gray", extent=edges, vmin=0)
    panel.contour(x, z, cut / cut.max(), levels=[0.5], colors=["#ffd000"])
    panel.set(title=title, xlabel="x (µm)", ylabel="z (µm)", xlim=(-9, 9), ylim=(12, -12))
