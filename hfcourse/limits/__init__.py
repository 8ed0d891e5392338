"""Limits shared by requests and calls: concurrency, bulkhead, rate limits, deadlines, budgets. No page, no table."""
