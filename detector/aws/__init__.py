"""TestMetricFilter, by boto3 (the extra ``aws``), and only when `detector verify aws` asks for it."""
