"""Airflow's side: the DAGs, the operators of a night, of its plan and its summary, and of a command for one store."""
