"""Cohorts, labels, fitting, evaluation and promotion of predictors."""
