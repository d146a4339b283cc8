"""What a process runs on: Redis, child processes, files that survive a power cut, logs, metrics, traces, the console."""
