"""
Is it what SciPy gives?
=======================

A result is certified: the same blur is computed by SciPy with the same kernel, in float64, and the
difference is held against what rounding explains. Another border is another result, and the place
of the difference says so.
"""

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

image = np.random.default_rng(0).random((12, 80, 80), dtype=np.float32)
voxels = {"voxel_size": "2 0.45 0.45 um"}

print(fiji_bridge.crosscheck(image, sigma="1 um", **voxels).table())

# %%
# ImageJ Ops and ``scipy.ndimage``'s "mirror" repeat no sample at the edge, our default does.

once = fiji_bridge.gaussian(image, sigma="1 um", border="mirror-single", **voxels)
twice = fiji_bridge.gaussian(image, sigma="1 um", border="mirror-double", **voxels)
gap = (once - twice)[6]

figure, panel = plt.subplots(figsize=(5, 4), layout="constrained")
most = abs(gap).max()
drawn = panel.imshow(gap, cmap="PuOr_r", vmin=-most, vmax=most, extent=(0, 36, 36, 0))
panel.set(title="mirror-single minus mirror-double", xlabel="x (µm)", ylabel="y (µm)")
figure.colorbar(drawn, label="grey levels (of 1)")
