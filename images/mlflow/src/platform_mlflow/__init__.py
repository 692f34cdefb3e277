"""MLflow as the platform runs it: `prepare` brings the databases and the users up to date, `serve` is the server."""
