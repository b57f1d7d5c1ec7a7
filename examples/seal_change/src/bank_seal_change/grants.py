"""What the desk's runtime role may do with the cards: a card that was taken is never changed."""

GRANTS = {"seal_change_sealcard": "SELECT, INSERT"}
