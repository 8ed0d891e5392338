"""Limits that requests and calls share: concurrency, bulkhead, rate limits, deadlines, budgets. No page, no table."""
