"""Local servers as subprocesses on loopback: the embedded object store, MLflow, Prefect and its worker."""
