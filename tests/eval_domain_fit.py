"""Fits the shortlist's weights: a multinomial logistic regression of four numbers."""

from __future__ import annotations

import numpy as np
from eval_sets import LabelledGoal
from scipy.optimize import minimize

from services.domain.settings import DomainSettings
from services.domain.shortlist import (
    ENGLISH_WEIGHTS,
    OTHER_WEIGHTS,
    Evidence,
    Shortlist,
    Weights,
)
from shared.context.profile import UNKNOWN_DOMAIN

FOLDS = 5


def fit(goals: list[LabelledGoal]) -> None:
    """Prints the weights of greatest likelihood, and how they do in cross-validation."""
    shortlist = Shortlist.load(DomainSettings().cache_dir)
    evidence = shortlist.evidence([goal.goal for goal in goals])
    english = evidence.in_english
    for name, weights, rows in (
        ("English", ENGLISH_WEIGHTS, english),
        ("others", OTHER_WEIGHTS, ~english),
    ):
        print(f"{name}, {rows.sum()} goals: {', '.join(Weights.__slots__)}")
        wanted = [goal for goal, here in zip(goals, rows, strict=True) if here]
        _fit(shortlist, evidence, rows, wanted, weights)


def _fit(
    shortlist: Shortlist,
    evidence: Evidence,
    rows: np.ndarray,
    goals: list[LabelledGoal],
    weights: Weights,
) -> None:
    slugs = [field.slug for field in shortlist.fields]
    unknown = np.array([slug == UNKNOWN_DOMAIN for slug in slugs], float)
    kinds = [getattr(evidence, name)[rows] for name in Weights.__slots__[:-1]]
    features = np.stack([*kinds, np.broadcast_to(unknown, kinds[0].shape)], axis=-1).astype(float)
    accepted = np.array([[slug in goal.fields for slug in slugs] for goal in goals])
    now = np.array([getattr(weights, name) for name in Weights.__slots__])
    print("  now    ", now, _told(features, accepted, now))
    folds = np.arange(len(goals)) % FOLDS
    held = np.zeros((len(goals), len(slugs)))
    for fold in range(FOLDS):
        found = _fitted(features[folds != fold], accepted[folds != fold], now)
        held[folds == fold] = _shares(features[folds == fold], found)
    print("  crossed", _summary(held, accepted))
    found = _fitted(features, accepted, now)
    print("  fitted ", found.round(2), _told(features, accepted, found))


def _shares(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    scores = features @ weights
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _fitted(features: np.ndarray, accepted: np.ndarray, start: np.ndarray) -> np.ndarray:
    def loss(weights: np.ndarray) -> float:
        shares = _shares(features, weights)
        return float(-np.log((shares * accepted).sum(axis=1) + 1e-12).mean())

    return minimize(
        loss, start, method="L-BFGS-B", bounds=[(0, None)] * (len(start) - 1) + [(None, None)]
    ).x


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
