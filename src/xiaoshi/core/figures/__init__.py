"""Figures about many cases that can be added up: counts, and durations in classes."""
