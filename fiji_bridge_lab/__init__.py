"""The regression lab: whether the numbers moved, between engines, releases or machines; why."""
