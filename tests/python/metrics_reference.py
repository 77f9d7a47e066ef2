"""The metrics in plain NumPy, as their papers define them. Prints the values that tests/metrics expect.

  python tests/python/metrics_reference.py

Needs NumPy. The inputs are formulas, so both sides compute the same ones.
"""

import numpy as np


def points(n, features, shift):
    i, j = np.meshgrid(np.arange(n), np.arange(features), indexing="ij")
    return np.sin(1.3 * i * (j + 1) + j + shift) + 0.2 * shift * j


def frechet(a, b):
    ca, cb = np.cov(a.T), np.cov(b.T)
    # The eigenvalues of a product of two such matrices are real and not negative, except for rounding.
    shared = np.sqrt(np.maximum(np.linalg.eigvals(ca @ cb).real, 0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca) + np.trace(cb) - 2 * shared


def mmd2(x, y):
    k = lambda u, v: (u @ v / len(u) + 1) ** 3  # noqa: E731
    n, m = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    xy = sum(k(x[i], y[j]) for i in range(n) for j in range(m)) / (n * m)
    return xx + yy - 2 * xy


def kernel_distance(a, b):
    n = min(len(a), len(b)) // 10
    values = [mmd2(a[i * n : (i + 1) * n], b[i * n : (i + 1) * n]) for i in range(10)]
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(10)


def radius(x, i, k):
    return sorted(np.linalg.norm(x[i] - x[j]) for j in range(len(x)) if j != i)[k - 1]


def manifold(real, fake):
    inside = lambda x, y, radii: [[np.linalg.norm(p - q) <= r for q, r in zip(x, radii)] for p in y]  # noqa: E731
    third = inside(real, fake, [radius(real, i, 3) for i in range(len(real))])
    back = inside(fake, real, [radius(fake, i, 3) for i in range(len(fake))])
    fifth = np.array(inside(real, fake, [radius(real, i, 5) for i in range(len(real))]))
    return {"precision": np.mean([any(row) for row in third]), "recall": np.mean([any(row) for row in back]),
            "density": fifth.sum() / 5 / len(fake), "coverage": fifth.any(0).mean()}  # fmt: skip


def pairwise(x):
    n = len(x)
    return np.mean([np.linalg.norm(x[i] - x[j]) for i in range(n) for j in range(n) if i != j])


def classifier_score(p):
    n = len(p) // 10
    scores = []
    for i in range(10):
        part = p[i * n : (i + 1) * n]
        scores.append(np.exp((part * np.log(part / part.mean(0))).sum(1).mean()))
    return np.mean(scores), np.std(scores, ddof=1) / np.sqrt(10)


def main():
    real, fake = points(60, 4, 0), points(50, 4, 0.5)
    scores = np.exp(2 * points(50, 3, 0.25))
    probabilities = scores / scores.sum(1, keepdims=True)
    print("frechet_distance", frechet(fake, real))
    print("kernel_distance", *kernel_distance(fake, real))
    print("manifold", manifold(real, fake))
    print("pairwise_distance", pairwise(fake))
    print("classifier_score", *classifier_score(probabilities))
    print("confidence", probabilities.max(1).mean(), probabilities.max(1).std(ddof=1) / np.sqrt(50))
    print("class_shares", np.bincount(probabilities.argmax(1), minlength=3) / 50)


if __name__ == "__main__":
    main()
