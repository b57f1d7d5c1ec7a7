"""Burnt and torn notes: mat, specimen currency, simulator, and the measuring engine."""
