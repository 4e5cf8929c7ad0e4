"""The stages of the pipeline: each one function, from files to files."""
