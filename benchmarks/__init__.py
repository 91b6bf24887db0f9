"""Side-by-side timings of the fused engine and of what a user could pick instead."""
