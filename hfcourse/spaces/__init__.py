"""The Spaces: which there are, what they describe, the form that calls one, the call itself."""
