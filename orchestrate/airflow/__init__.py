"""Airflow's side: the operators of a store's night and of the morning's summary, and the DAG."""
