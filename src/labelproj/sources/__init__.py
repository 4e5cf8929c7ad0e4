"""Which source language or dataset to transfer labels from, for one target language.

:mod:`~labelproj.sources.typology` compares languages, :mod:`~labelproj.sources.texts` their
texts, and :mod:`~labelproj.sources.ranking` makes one score of it. The features are those of
LangRank (Lin et al. 2019, https://aclanthology.org/P19-1301), without its trained ranker: what
it learnt is of other tasks and other data.
"""
