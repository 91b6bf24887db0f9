"""Gaussians, derivatives, borders, small kernels: pure numbers."""

from fiji_bridge.kernels.gaussian import (
    KERNELS,
    discrete_half,
    effective_sigma,
    full,
    gauss3_half,
    gaussian_half,
    radius,
    scipy_half,
)
from fiji_bridge.kernels.worth import Worth, worth

__all__ = [
    "KERNELS",
    "Worth",
    "discrete_half",
    "effective_sigma",
    "full",
    "gauss3_half",
    "gaussian_half",
    "radius",
    "scipy_half",
    "worth",
]
