"""The suite that ``fiji-bridge regress init`` writes."""

from __future__ import annotations

from collections.abc import Sequence

from fiji_bridge_lab.template_images import Listed, images_text, operations_text

TEMPLATE = """\
# A suite of the regression lab of fiji_bridge: are Fiji and SciPy the same here, and if not, why?
#   fiji-bridge regress run {name}            runs it, writes a report
#   fiji-bridge regress accept RUN BASELINE   keeps the result
#   fiji-bridge regress compare BASELINE RUN  says what moved

[suite]
name = "fiji_bridge"
timeout = 120      # seconds that one filter may take for one image
# What is compared with what; "all" compares everything with everything.
pairs = [
  ["fused", "scipy"],                                    # the same kernel, in Java and in SciPy
  ["gauss3", "fused"],                                   # Fiji's own Gauss3, where there is a Fiji
  ["gauss3", "scipy"],
  ["fused", "scipy.gaussian_filter"],                    # what a SciPy user gets
  ["imagej.GaussianBlur3D", "scipy.gaussian_filter"],    # Fiji's menu against SciPy
  ["fused", "imagej.GaussianBlur3D"],
  ["skimage.gaussian", "scipy.gaussian_filter"],
  ["fused", "sitk.DiscreteGaussian"],
  ["fused", "sitk.SmoothingRecursiveGaussian"],
  ["fused", "opencv.GaussianBlur"],
  ["fused", "featurej"],
]

# ---- images: made ones need no file; every type is a row of its own --------------------------
[[images]]
name = "beads"
phantom = "beads"          # noise, beads, edges, constant, impulse
shape = [16, 48, 52]
axes = "zyx"
voxel_size = "2 0.45 0.45 um"
dtypes = ["uint8", "uint16", "float32", "float64"]

[[images]]
name = "edges"
phantom = "edges"
shape = [20, 40, 44]
voxel_size = "1 0.5 0.5 um"
dtypes = ["uint8", "float32"]

[[images]]
name = "noise"
phantom = "noise"
shape = [18, 36, 40]
voxel_size = "0.7 0.45 0.45 um"
dtypes = ["float32"]

[[images]]
name = "two channels"
phantom = "beads"
shape = [2, 12, 32, 36]
axes = "czyx"
voxel_size = "2 0.45 0.45 um"
dtypes = ["uint16"]

[[images]]
name = "plane"
phantom = "beads"
shape = [64, 72]
axes = "yx"
voxel_size = "0.3 0.3 um"
dtypes = ["float32"]
{real}
# ---- operations: any of the registry that gives an image --------------------------------------
[[operations]]
name = "1 um"
parameters = {{ sigma = "1 um" }}
images = ["beads", "edges", "noise", "two channels", "plane"]

[[operations]]
name = "1 um, nearest"     # the border of ImageJ, so that the kernels alone are compared
parameters = {{ sigma = "1 um", border = "nearest" }}
images = ["beads", "plane"]

[[operations]]
name = "1 um, discrete kernel"
parameters = {{ sigma = "1 um", kernel = "discrete" }}
images = ["edges"]

[[operations]]
name = "gradient"
operation = "gradient_magnitude"
parameters = {{ sigma = "1 um" }}
images = ["noise"]
{real_operations}
# ---- filters: what computes; optional ones may be missing -------------------------------------
# One of yours: name = "python:MODULE:FUNCTION" is called with a (z, y, x) array and the sigmas in
# pixels, (z, y, x), and gives an array of that shape; MODULE is found as by python -c "import
# MODULE" (PYTHONPATH). An ImageJ command: name = "imagej:COMMAND|x={{x}} y={{y}} z={{z}}".
[[filters]]
name = "fused"

[[filters]]
name = "gauss3"            # the real Gauss3: fiji = "/path/to/Fiji", or FIJI_BRIDGE_FIJI
optional = true

[[filters]]
name = "scipy"

[[filters]]
name = "scipy.gaussian_filter"

[[filters]]
name = "skimage.gaussian"
optional = true

[[filters]]
name = "imagej.GaussianBlur3D"

[[filters]]
name = "sitk.DiscreteGaussian"
optional = true

[[filters]]
name = "sitk.SmoothingRecursiveGaussian"
optional = true

[[filters]]
name = "opencv.GaussianBlur"
optional = true

[[filters]]
name = "featurej"
optional = true

# ---- rules: what counts as the same, and which differences are known --------------------------
# maximum: grey levels for integers, share of the data range for floats; share: of integer samples
# that may differ; residual: like maximum, for what remains once the causes are known.
# Without a rule: what two honest sums of the operation's kernels can differ by in this image.
[[rules]]
pair = ["*", "scipy.gaussian_filter"]
expected = ["kernel", "own-kernel", "truncated"]          # 4 sigma, no tail; cuts off fractions

[[rules]]
pair = ["*", "skimage.gaussian"]
expected = ["kernel", "own-kernel", "truncated"]

[[rules]]
pair = ["*", "opencv.GaussianBlur"]
expected = ["kernel", "own-kernel", "rounded-in-between"]

[[rules]]
pair = ["*", "opencv.GaussianBlur"]
dtypes = ["uint8"]
share = 1.0                # 8-bit images are filtered in fixed point: one grey level, anywhere

[[rules]]
pair = ["*", "imagej.GaussianBlur3D"]
expected = ["kernel", "own-kernel", "border", "rounded-in-between", "truncated"]

[[rules]]
pair = ["*", "sitk.*"]
expected = ["kernel", "own-kernel", "border", "truncated"]

[[rules]]
pair = ["*", "sitk.DiscreteGaussian"]
dtypes = ["uint8"]
residual = 2               # cuts off fractions after every axis: flat regions lose a level or two

[[rules]]
pair = ["*", "featurej"]
expected = ["kernel", "own-kernel", "border"]
"""


def suite_text(name: str, images: Sequence[Listed] = ()) -> str:
    """Return the text of a good suite.

    Parameters
    ----------
    name : str
        File name, for the comments.
    images : sequence of Listed
        Files that the suite is to name; they are optional there.
    """
    return TEMPLATE.format(
        name=name, real=images_text(images), real_operations=operations_text(images)
    )
