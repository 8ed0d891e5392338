"""Queue of runs: limits, fair scheduling, threads of this process or Celery workers, shutdown."""
