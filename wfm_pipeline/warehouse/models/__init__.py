"""The model store: models as folders on disk, and the shelf of training requests and what came of them.

Nothing here opens a database. Not here: what a model is (domain/forecasting) and who trains one (assets).
"""
