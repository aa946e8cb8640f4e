"""A deck becomes a release: what changed is stamped and told, and the package gets what goes with it."""
