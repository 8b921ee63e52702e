"""The pages for people: shells without data, and fragments that ask for a key like all else."""
