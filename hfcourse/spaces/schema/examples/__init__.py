"""The examples that a Space offers, and the sample files that they name. Pure."""
