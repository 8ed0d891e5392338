"""Parser of the examples of a Space, and of the sample files in them. Pure."""
