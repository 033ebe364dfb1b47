"""The drawing (template.yaml) in, pipes on AWS out."""
