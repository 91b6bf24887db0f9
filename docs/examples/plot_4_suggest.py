"""
Which σ makes beads round
=========================

Beads of σ 2 × 0.7 × 0.7 µm, as a microscope shows them: how wide they are along each axis is
measured, and the blur proposed that makes them alike. Each panel has what was measured, the fit
with its 95 % interval, and what the proposed blur does to it.
"""

import io

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

image = np.random.default_rng(0).normal(10, 1, (25, 72, 72))
z, y, x = np.ogrid[:25, :72, :72]
for at in ((12.2, 18.1, 18.4), (12.6, 18.2, 54.5), (12.0, 54.3, 18.0), (12.4, 54.6, 53.1)):
    across = ((y - at[1]) * 0.45 / 0.7) ** 2 + ((x - at[2]) * 0.45 / 0.7) ** 2
    image += 200 * np.exp(-(((z - at[0]) * 2 / 2) ** 2 + across) / 2)

report = fiji_bridge.suggest(image, beads=True, voxel_size="2 0.45 0.45 um")
print(report.table())

# %%
# The figure is drawn by the report itself.

picture = plt.imread(io.BytesIO(report.figure()))
height, width = picture.shape[:2]
figure = plt.figure(figsize=(width / 110, height / 110), dpi=110)
panel = figure.add_axes((0, 0, 1, 1))
panel.imshow(picture)
panel.set_axis_off()
