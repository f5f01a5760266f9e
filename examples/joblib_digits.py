"""Several clients in one process, side by side, by joblib: a linear classifier of scikit-learn on its own handwritten digits.

    python3 joblib_digits.py initial
    fedasio-master --plan joblib_digits.json --autostart --exit-when-done
    FEDASIO_MASTER=127.0.0.1:7700 python3 joblib_digits.py 4

Each thread is a client with a fedasio-worker of its own. One process that is many clients one after the other needs no more
than fedasio.serve(), as in torch_fashion.py.
"""

import sys

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

import fedasio

CLASSES = np.arange(10)


def client(number, total):
    x, y = load_digits(return_X_y=True)
    x, y = x[number::total] / 16, y[number::total]
    with fedasio.connect(samples=len(x), name=f"desk-{number}") as federation:
        for round in federation.rounds():
            rate = round.local["learning_rate"]
            model = SGDClassifier("log_loss", learning_rate="constant", eta0=rate, random_state=round.seed)
            model.partial_fit(x, y, CLASSES)  # makes the arrays, which are then the federation's
            model.coef_[:], model.intercept_[:] = round.arrays["coef"], round.arrays["intercept"]
            for _ in range(round.local["epochs"]):
                model.partial_fit(x, y)
            loss = log_loss(y, model.predict_proba(x), labels=CLASSES)
            round.submit({"coef": model.coef_, "intercept": model.intercept_}, loss=loss, accuracy=model.score(x, y))
    return len(x)


if sys.argv[1] == "initial":
    fedasio.save_arrays("initial.safetensors", {"coef": np.zeros((10, 64)), "intercept": np.zeros(10)})
else:
    count = int(sys.argv[1])
    samples = Parallel(n_jobs=count, prefer="threads")(delayed(client)(number, count) for number in range(count))
    print(f"{count} clients have trained on {sum(samples)} digits")
