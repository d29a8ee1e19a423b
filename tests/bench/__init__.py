"""Measurements against the goals of the project: every program prints ratios of what ran side by side."""
