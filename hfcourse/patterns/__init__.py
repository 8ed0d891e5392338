"""Page of patterns: every partial of the site, rendered with sample data."""
