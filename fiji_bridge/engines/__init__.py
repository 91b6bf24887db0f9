"""The ways to compute a plan: the real Gauss3, the fused Java engine, SciPy."""
