"""Description lengths of data by a model class: two-part, normalised maximum likelihood, Bayes, prequential, switching.

One file is one kind of code or one model class; `panel` puts the codes of a class beside each other. Lengths are in
bits; continuous data are coded at a precision of one unit, so that a finer precision δ adds log2(1/δ) bits a value to
every length alike.
"""
