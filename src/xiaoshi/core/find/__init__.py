"""Finding: how text is folded, cut into grams, matched and shown with its hit; how likeness is measured. Pure."""
