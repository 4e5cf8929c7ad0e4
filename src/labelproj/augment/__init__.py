"""More training examples made of those there are, each saying what it was made of.

:mod:`~labelproj.augment.code_switch` mixes two languages, :mod:`~labelproj.augment.names` puts
other names in; :mod:`~labelproj.augment.maker` makes the records. What is made is for
training: development and test data are never touched.
"""
