"""
Directions per micrometre
=========================

A fibre that is tilted in a stack of voxels of 2 × 0.45 × 0.45 µm, and the direction that a
structure tensor finds: with gradients per micrometre and a window in micrometres, and with both in
pixels, as most tools take them.
"""

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

z, y, x = np.ogrid[-10:10, -24:24, -50:50]
voxels = np.array([2.0, 0.45, 0.45])
direction = np.array([0.6, 0.0, 0.8])  # z, y, x in physical space
place = np.stack(np.broadcast_arrays(*(n * v for n, v in zip((z, y, x), voxels, strict=True))))
along = np.tensordot(direction, place, 1)
away = (place**2).sum(axis=0) - along**2
fibre = 200 * np.exp(-away / (2 * 1.5**2))

figure, panels = plt.subplots(1, 2, figsize=(9.6, 4.6), layout="constrained")
for panel, unit, window in zip(panels, ("um", "pixel"), ("2 um", "2 px"), strict=True):
    tensor = fiji_bridge.structure_tensor(
        fibre, sigma=window, per=unit, voxel_size="2 0.45 0.45 um", kernel="discrete"
    )
    # The vector of the smallest eigenvalue: the direction of least change.
    found = tensor.eigenvectors[2, :, 10, 24, 50]
    off = np.degrees(np.arccos(min(1.0, abs(float(direction @ found)))))
    panel.imshow(fibre[:, 24], cmap="gray", extent=(-22.5, 22.5, 20, -20))
    for vector, color in ((direction, "#56B4E9"), (found, "#ffd000")):
        panel.plot(*([-12 * vector[n], 12 * vector[n]] for n in (2, 0)), color=color, linewidth=2)
    panel.set(title=f"per {unit}: {off:.1f}° off", xlabel="x (µm)", ylabel="z (µm)")
figure.suptitle("blue: the fibre as it was drawn; yellow: as it is found")
