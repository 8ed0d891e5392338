"""What is deleted, and when: KEEP_DAYS, quotas, eviction on a full disk."""
