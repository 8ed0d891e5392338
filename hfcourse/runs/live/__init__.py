"""Live updates of a run: polled once per process, streamed as server-sent events or fetched by pages."""
