"""The one room that talks to AWS, by boto3 (the extra ``aws``), and only when `detector verify aws` asks it to."""
