"""Fits the shortlist's weights: a multinomial logistic regression of four numbers."""

from __future__ import annotations

import numpy as np
from eval_sets import LabelledGoal
from scipy.optimize import minimize

from services.domain.fields import UNKNOWN
from services.domain.settings import DomainSettings
from services.domain.shortlist import WEIGHTS, Shortlist

FOLDS = 5


def fit(goals: list[LabelledGoal]) -> None:
    """Prints the weights of greatest likelihood, and how they do in cross-validation."""
    shortlist = Shortlist.load(DomainSettings().cache_dir)
    evidence = shortlist.evidence([goal.goal for goal in goals])
    slugs = [field.slug for field in shortlist.fields]
    unknown = np.array([slug == UNKNOWN for slug in slugs], float)
    features = np.stack(
        [
            evidence.centroid,
            evidence.nearest,
            evidence.words,
            np.broadcast_to(unknown, evidence.words.shape),
        ],
        axis=-1,
    ).astype(float)
    accepted = np.array([[slug in goal.fields for slug in slugs] for goal in goals])
    now = np.array([WEIGHTS.centroid, WEIGHTS.nearest, WEIGHTS.words, WEIGHTS.unknown])
    print("now    ", now, _told(features, accepted, now))
    folds = np.arange(len(goals)) % FOLDS
    held = np.zeros((len(goals), len(slugs)))
    for fold in range(FOLDS):
        weights = _fitted(features[folds != fold], accepted[folds != fold], now)
        held[folds == fold] = _shares(features[folds == fold], weights)
    print("crossed", _summary(held, accepted))
    weights = _fitted(features, accepted, now)
    print("fitted ", weights.round(3), _told(features, accepted, weights))


def _shares(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    scores = features @ weights
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _fitted(features: np.ndarray, accepted: np.ndarray, start: np.ndarray) -> np.ndarray:
    def loss(weights: np.ndarray) -> float:
        shares = _shares(features, weights)
        return float(-np.log((shares * accepted).sum(axis=1) + 1e-12).mean())

    return minimize(loss, start, method="Nelder-Mead", options={"maxiter": 2_000}).x


def _told(features: np.ndarray, accepted: np.ndarray, weights: np.ndarray) -> str:
    return _summary(_shares(features, weights), accepted)


def _summary(shares: np.ndarray, accepted: np.ndarray) -> str:
    order = np.argsort(-shares, axis=1)
    right = np.take_along_axis(accepted, order, axis=1)
    best = shares.max(axis=1)
    bins = np.minimum((best * 10).astype(int), 9)
    error = sum(
        abs((right[bins == number, 0] - best[bins == number]).sum()) for number in range(10)
    ) / len(shares)
    top3 = right[:, :3].any(axis=1).mean()
    return f"top-1 {right[:, 0].mean():.3f} top-3 {top3:.3f} ECE {error:.3f}"
