"""
What each kernel makes of a σ
=============================

The four kernels for σ of half a voxel, one and two voxels, over the Gaussian that they stand for.
Below one voxel ``band-limited`` has negative lobes, and is the only one that is right by every
measure; how much that is worth stands in :doc:`/kernels`.
"""

import matplotlib.pyplot as plt
import numpy as np

import fiji_bridge

# Colours that are told apart with any colour vision (Okabe & Ito).
colors = {"gauss3": "#000000", "scipy": "#E69F00", "discrete": "#009E73", "band-limited": "#0072B2"}
line = np.zeros(81)
line[40] = 1

figure, panels = plt.subplots(1, 3, figsize=(9.6, 3.8), layout="constrained")
for panel, sigma in zip(panels, (0.5, 1.0, 2.0), strict=True):
    reach = 4 if sigma < 2 else 7
    fine = np.linspace(-reach, reach, 400)
    ideal = np.exp(-0.5 * (fine / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    panel.fill_between(fine, ideal, color="#cccccc", label="the Gaussian")
    at = np.arange(-reach, reach + 1)
    for place, (kernel, color) in enumerate(colors.items()):
        taps = fiji_bridge.gaussian(line, sigma=f"{sigma} px", kernel=kernel, voxel_size=1)
        panel.vlines(
            at + 0.12 * (place - 1.5), 0, taps[40 + at], color=color, linewidth=2, label=kernel
        )
    panel.axhline(0, color="black", linewidth=0.5)
    panel.set(title=f"σ {sigma:g} voxels", xlabel="distance (voxels)")
handles, labels = panels[0].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside lower center", ncols=5)

# %%
# What they blur, of what was asked for: the width by the second moment of the taps.

for kernel in colors:
    widths = []
    for sigma in (0.5, 1.0, 2.0):
        plan = fiji_bridge.gaussian.plan(line, sigma=f"{sigma} px", kernel=kernel, voxel_size=1)
        widths.append(f"{plan.axes[0].effective_sigma_px:.3f}")
    print(f"{kernel:13}", *widths)
