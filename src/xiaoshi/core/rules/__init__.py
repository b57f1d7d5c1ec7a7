"""Dated tables of law: every row with its day, its source and how sure it is."""
