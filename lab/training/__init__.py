"""Floor 2, torch: a net and its batches become a curve and cooled endpoints."""
