"""Letters to a client, composed from the case: please bring, we need more time, done. Shown before they are issued.

A kind adds its own, or puts another in the place of one of these, with the literal `LETTERS` in `<kind>/papers/__init__.py`
(name -> `Letter`).
"""
