"""Data pruning in the solvable case: a perceptron that learns a perceptron from examples somebody chose for it.

`band` says which examples are kept, `theory` what a max-margin student then gets wrong in the limit of many dimensions,
`margin` finds that student for given examples, `perceptron` draws the examples.
"""
