"""Backup of a whole installation as one file, and its way back. See `archive.py` for the argument."""
