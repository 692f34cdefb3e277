"""What the platform's Airflow has around Airflow: started when the database is ready, served over TLS, watched cheaply."""
