"""What runs the sync at midnight: for one shop by a timer, for many by Airflow."""
