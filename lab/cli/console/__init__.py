"""What the commands share: the application, arguments, output, progress, and the one place that sets exit codes."""
