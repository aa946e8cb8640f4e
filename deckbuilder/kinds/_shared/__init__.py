"""What the kinds share: the base of every note, and the fragments of HTML that their fields are made of."""
