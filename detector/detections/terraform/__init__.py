"""Terraform: its source (`syntax`, `expressions`, `functions`, `module`, `folder`), plans and states (`plan`)."""
