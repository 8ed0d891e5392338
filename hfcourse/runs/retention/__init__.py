"""Retention of runs and files: KEEP_DAYS, quotas, eviction on a full disk."""
