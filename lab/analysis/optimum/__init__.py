"""The best size at a given compute: valleys, the envelope, the joint law, their bias and their disagreement."""
