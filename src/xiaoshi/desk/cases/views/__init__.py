"""Pages of the cases: they parse and render; what is done is done by acts."""
