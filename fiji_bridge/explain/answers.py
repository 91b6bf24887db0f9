"""Questions, right answers, wrong ones in circulation, and numbers to check them by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fiji_bridge.explain import numbers


@dataclass(frozen=True)
class Answer:
    """One question.

    Attributes
    ----------
    key : str
        For the command line and for links.
    question, right, wrong : str
        ``wrong`` is what is often said instead.
    shown : callable
        Returns lines of text: numbers that the code computes when it is asked.
    figure : str or None
        Name of the picture, without ending.
    """

    key: str
    question: str
    right: str
    wrong: str
    shown: Callable[[], list[str]]
    figure: str | None = None


ANSWERS: dict[str, Answer] = {
    answer.key: answer
    for answer in (
        Answer(
            "sigma",
            "Which sigma on which axis, for a blur that is the same in every direction?",
            "sigma in pixels = physical sigma / voxel size, axis by axis. The coarser the axis, "
            "the fewer pixels.",
            "A sigma in pixels that grows with the voxel size (the wrong way round), or one number "
            "for all axes: that blurs the coarse axis more, by the ratio of the voxels.",
            numbers.sigma_per_axis,
            "same-bead",
        ),
        Answer(
            "fwhm",
            "Is the voxel size divided by 2.355 the sigma to take?",
            "It is the sigma of a Gaussian as wide as one voxel (FWHM = 2.3548 sigma): 0.4247 "
            "pixels on every axis, so a blur that differs between the axes in physical space.",
            "'The standard deviation in each direction', as if it were the blur to apply.",
            numbers.fwhm_of_a_voxel,
        ),
        Answer(
            "deviation",
            "Is sigma the standard deviation?",
            "Yes, they are the same thing.",
            "'Multiply sigma by 2.35 to get the standard deviation': that gives the FWHM.",
            numbers.standard_deviation,
        ),
        Answer(
            "feature",
            "Is the smallest feature as large as a voxel?",
            "No. The voxel bounds what can be seen (two voxels per FWHM, Nyquist); optics and "
            "object set the size, and it can be measured in the image, axis by axis: suggest.",
            "'The voxel is the feature.'",
            numbers.smallest_feature,
        ),
        Answer(
            "fiji",
            "How is it done in Fiji?",
            "With a command that reads the calibration: Process > Filters > Gaussian Blur "
            "(Physical)... By hand: 'Gaussian Blur 3D...' with the sigma in pixels of each axis.",
            "'Anisotropic Diffusion' (it keeps edges: another thing altogether), or 'Gaussian "
            "Blur...' slice by slice, which leaves z alone.",
            numbers.in_fiji,
        ),
        Answer(
            "isotropic",
            "And if the voxels are isotropic?",
            "The same formula; it gives the same number on every axis.",
            "A rule of its own, without units.",
            numbers.isotropic_stack,
        ),
        Answer(
            "small",
            "What happens below half a pixel?",
            "A sampled Gaussian hardly blurs there, whatever it is asked for; along a coarse z "
            "axis that is where one ends up. The discrete Gaussian has the second moment asked "
            "for, but not the FWHM; the band-limited one has both, with negative lobes.",
            "Silence.",
            numbers.small_sigmas,
            "small-sigma",
        ),
        Answer(
            "pyramid",
            "Which sigmas for the levels of a pyramid?",
            "Start from the blur the image has; a constant ratio between levels; each step adds in "
            "quadrature, sqrt(next^2 - now^2); drop every other sample of an axis once the blur is "
            "0.8 voxels of the coarser grid, the finest axes first.",
            "From large to small, or the full sigma again on what is blurred already.",
            numbers.pyramid_levels,
        ),
        Answer(
            "integers",
            "May the filter run on integers, on colours, on missing samples?",
            "Sums need fractions: round once, at the end. Channels and RGB samples are filtered "
            "one by one. One NaN wipes out its neighbourhood unless it is left out of the mean.",
            "The array as it is: intermediate results are cut off, channels are mixed along an "
            "axis that is no direction in space.",
            numbers.integers,
        ),
        Answer(
            "borders",
            "What lies beyond the edge?",
            "It must be said, for it changes more than the kernel does. The default here is "
            "SciPy's, a mirror on the edge; a constant darkens the edges.",
            "Comparing two programs without comparing their borders.",
            numbers.borders,
        ),
        Answer(
            "cutoff",
            "Where does the kernel end?",
            "A Gaussian has no end, a kernel does (SciPy's truncate): Gauss3's runs out at 3 sigma "
            "and is up to 3.5 % narrower than asked for by its second moment, the band-limited one "
            "at 5 sigma, the discrete one loses 1e-12. The plan says radius, effective sigma, FWHM "
            "and the largest error of the transfer function, axis by axis.",
            "That a Gaussian of a given sigma is the same in every program.",
            numbers.cut_off,
        ),
        Answer(
            "convolution",
            "Sum, mean and Laplace of the neighbours?",
            "Three small kernels; a convolution mirrors the kernel, a correlation does not.",
            "A Laplace filter per pixel in voxels that are not isotropic: physical-laplace divides "
            "by the squared voxel size.",
            numbers.convolution,
            "three-kernels",
        ),
        Answer(
            "structure",
            "Is what I see a line, a plane, or neither?",
            "The eigenvalues of the structure tensor tell, if gradients are taken per micrometre; "
            "the words are about the gradients: in a plane round a fibre, on a line across a "
            "layer.",
            "Gradients per pixel: in voxels that are not isotropic they point elsewhere.",
            numbers.structure,
            "fibre",
        ),
        Answer(
            "scaling",
            "How do I make the voxels isotropic?",
            "Ask for a voxel size; shape and memory are said before anything is done, the "
            "calibration follows, and an axis that gets coarser is blurred first.",
            "Dropping samples without a blur: fine patterns come back as coarse ones.",
            numbers.scaling,
            "aliasing",
        ),
        Answer(
            "other",
            "When is a Gaussian the wrong tool?",
            "For salt and pepper take a median, for noise beside edges that must stay a bilateral "
            "filter. Too strong a blur destroys detail: suggest says how much is too much.",
            "A larger sigma.",
            numbers.other_tools,
            "other-tools",
        ),
    )
}
