"""The plan that the README begins with, for two rounds, on real images."""

import json
import pathlib
import re
import unittest

from federation import Federation
from programs import REPOSITORY

IMAGES = pathlib.Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")


@unittest.skipUnless(IMAGES.exists(), "the Debian package dataset-fashion-mnist is not installed")
class FashionMnist(Federation):
    def test_learns(self):
        text = (REPOSITORY / "plans/fashion-mnist-2nn.json").read_text()
        text = re.sub(r'"rounds":\s*\d+', '"rounds": 2', text)
        report = self.run_to_the_end(text, options=("--spawn-workers", "2"))
        self.assertEqual(len(report["rounds"]), 2)
        self.assertEqual(report["parameters"], 199210)
        self.assertGreater(report["rounds"][-1]["test_accuracy"], 0.78)
        self.assertEqual([r["dropped"] for r in report["rounds"]], [[], []])
        json.dumps(report, allow_nan=False)


if __name__ == "__main__":
    unittest.main()
