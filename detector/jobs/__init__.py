"""What the package is for: each job is a short function over the rooms above it."""
