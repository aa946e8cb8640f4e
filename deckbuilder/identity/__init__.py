"""Who is who from build to build: keys, evidence, the lock file, resolution."""
