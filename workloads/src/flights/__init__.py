"""The flights dataset into Kafka (ingest), from Kafka into a bucket (land), and the count of what arrived (audit)."""
