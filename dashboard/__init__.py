"""Floor 7: the lab in a browser. Widgets only: every number comes from tables, analysis and figures beneath it."""
