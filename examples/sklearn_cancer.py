"""Logistic regression of scikit-learn on the breast cancer data that it has itself: three hospitals, a third of the rows each.

    python3 sklearn_cancer.py initial
    fedasio-master --plan sklearn_cancer.json --autostart --exit-when-done
    FEDASIO_MASTER=127.0.0.1:7700 python3 sklearn_cancer.py 0      # likewise 1 and 2
"""

import sys
import warnings

from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import fedasio

warnings.simplefilter("ignore", ConvergenceWarning)  # a few steps a round are meant


def arrays_of(model):
    return {"coef": model.coef_, "intercept": model.intercept_}


def main():
    x, y = load_breast_cancer(return_X_y=True)
    own = slice(0 if sys.argv[1] == "initial" else int(sys.argv[1]), None, 3)
    x = StandardScaler().fit_transform(x[own])
    x_train, x_test, y_train, y_test = train_test_split(x, y[own], test_size=0.2, random_state=0)
    model = LogisticRegression(warm_start=True, max_iter=1).fit(x_train, y_train)  # fit() makes the arrays
    if sys.argv[1] == "initial":
        fedasio.save_arrays("initial.safetensors", {name: value * 0 for name, value in arrays_of(model).items()})
        return

    def take(arrays):
        model.coef_, model.intercept_ = arrays["coef"], arrays["intercept"]

    def evaluate(what):
        take(what.arrays)
        sure = model.predict_proba(x_test)
        return {
            "loss": log_loss(y_test, sure),
            "accuracy": model.score(x_test, y_test),
            "auc": roc_auc_score(y_test, sure[:, 1]),
        }

    with fedasio.connect(samples=len(x_train), held_out=len(x_test), evaluate=evaluate) as federation:
        for round in federation.rounds():
            take(round.arrays)
            model.max_iter = round.local["epochs"]
            model.fit(x_train, y_train)
            sure = model.predict_proba(x_train)
            metrics = {"auc": roc_auc_score(y_train, sure[:, 1])}
            round.submit(arrays_of(model), loss=log_loss(y_train, sure), metrics=metrics)


main()
