"""Laws fitted to a study: which runs and columns, what is kept, and how a parameter answers to the choices made."""
