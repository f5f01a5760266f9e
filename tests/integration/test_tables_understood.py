"""Tables as real owners have them: missing words, other notations, other files, columns that differ."""

import gzip
import json
import random
import unittest

from federation import Federation
from programs import BIN
from python_worker import PythonWorker


def ward_rows(count, seed):
    """Ill if age + 40 dose is over 70."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        age, dose = rng.randint(18, 90), round(rng.uniform(0, 1), 3)
        rows.append([str(age), str(dose), rng.choice("abc"), "ill" if age + 40 * dose > 70 else "well"])
    return rows


class Liar(PythonWorker):
    """Sends a summary that somebody made up."""

    def __init__(self, address, name, summary):
        super().__init__(address, name)
        self.summary = summary

    def survey(self, request):
        self.peer.reply(request, self.summary)


class TablesUnderstood(Federation):
    header = ("age", "dose", "ward", "out")

    def write(self, name, rows, delimiter=",", header=header):
        path = self.folder / name
        path.write_text("\n".join(delimiter.join(row) for row in (header, *rows)) + "\n")
        return path

    def ward_plan(self, units=2, **source):
        plan = self.plan(
            model={
                "layers": [
                    {"type": "dense", "units": 8, "activation": "relu"},
                    {"type": "dense", "units": units, "activation": "softmax"},
                ]
            },
            data={"source": {"type": "csv", "label": "out", **source}, "partition": {"scheme": "local"}},
            local={"epochs": 5, "batch_size": 16, "optimizer": {"type": "adam", "learning_rate": 0.02}},
            rounds=10,
        )
        del plan["clients"]
        return plan

    def run_two(self, plan, north, south, **options):
        return self.run_to_the_end(plan, ["--data", north], ["--data", south], **options)

    def inspect(self, *arguments):
        program = self.program(BIN / "fedasio", "inspect", *arguments)
        code = program.wait_exit()
        return code, program.text("stdout") + program.text()

    def test_a_few_missing_words_change_nothing(self):
        north, south = ward_rows(200, 1), ward_rows(200, 2)
        clean = self.run_two(self.ward_plan(), self.write("n.csv", north), self.write("s.csv", south))
        for place, word in ((3, "NA"), (50, "?"), (90, "null"), (150, "-")):
            north[place][1] = word
        spoiled = self.run_two(self.ward_plan(), self.write("n.csv", north), self.write("s.csv", south))
        self.assertEqual(spoiled["parameters"], clean["parameters"])
        self.assertEqual(spoiled["parameters"], 5 * 8 + 8 + 8 * 2 + 2)
        self.assertGreater(clean["rounds"][-1]["test_accuracy"], 0.93)
        self.assertGreater(spoiled["rounds"][-1]["test_accuracy"], 0.92)
        data = spoiled["data"]
        self.assertEqual(data["label"], {"name": "out", "kind": "categorical", "classes": ["ill", "well"], "class_count": 2})
        dose = next(column for column in data["columns"] if column["name"] == "dose")
        self.assertEqual((dose["kind"], dose["values"], dose["missing"]), ("numeric", 396, 4))
        self.assertEqual(sorted(owner["missing"] for owner in data["owners"]), [0, 4])

    def test_other_notations_are_refused_with_what_to_write_and_then_read(self):
        def european(rows):
            return [[age, dose.replace(".", ","), ward, out] for age, dose, ward, out in rows]

        north = self.write("n.csv", european(ward_rows(200, 1)), ";")
        south = self.write("s.csv", european(ward_rows(200, 2)), ";")
        report = self.run_two(self.ward_plan(), north, south, ends_with=1)
        self.assertIn('"delimiter": ";"', report["detail"])
        report = self.run_two(self.ward_plan(delimiter=";"), north, south, ends_with=1)
        self.assertRegex(report["detail"], "'dose'.*\"decimal\": \",\"")
        report = self.run_two(self.ward_plan(delimiter=";", decimal=","), north, south)
        self.assertGreater(report["rounds"][-1]["test_accuracy"], 0.93)

    def test_what_was_understood_is_said_everywhere(self):
        self.write("n.csv", ward_rows(100, 1))
        self.write("s.csv", ward_rows(100, 2))
        master = self.master(self.ward_plan(), "--min-workers", "2")
        north = self.worker(master, "north", "--data", self.folder / "n.csv")
        self.worker(master, "south", "--data", self.folder / "s.csv")
        master.wait_workers(2)
        self.assertIsNone(master.get("data"))
        master.train(rounds=1)
        data = master.get("data")
        self.assertEqual({owner["owner"]: owner["rows"] for owner in data["owners"]}, {"north": 100, "south": 100})
        self.assertEqual(data["inputs"], 5)
        self.assertEqual(master.wait_event("data_understood")["data"], data)
        master.wait_log("data_understood", "200 rows of 2 tables")
        north.wait_log("worker", "this table: 100 rows")
        north.wait_log("worker", "all tables: label 'out': 2 classes 'ill', 'well'")

    def test_a_gzipped_table(self):
        rows = ward_rows(200, 1)
        plain = self.write("n.csv", rows)
        packed = self.folder / "n.csv.gz"
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        south = self.write("s.csv", ward_rows(200, 2))
        digests = {self.run_two(self.ward_plan(), table, south)["weights_sha256"] for table in (plain, packed)}
        self.assertEqual(len(digests), 1)

    def test_one_owner_of_three_is_outvoted(self):
        for name, seed in (("a", 1), ("b", 2)):
            self.write(f"{name}.csv", ward_rows(100, seed))
        self.write("c.csv", [[*row, "x"] for row in ward_rows(100, 3)], header=(*self.header, "extra"))
        for extra, cohort in ((None, 2), ("ignore", 3)):
            with self.subTest(extra):
                source = {"extra_columns": extra} if extra else {}
                master = self.master(self.ward_plan(**source), "--min-workers", "3")
                owners = [self.worker(master, name, "--data", self.folder / f"{name}.csv") for name in "abc"]
                master.wait_workers(3)
                self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
                self.assertEqual(len(master.get("rounds")[-1]["cohort"]), cohort)
                if not extra:
                    notice = master.wait_event("notice", level="error")
                    self.assertRegex(notice["text"], "^c cannot take part: .*'extra'.*extra_columns")
                    owners[2].wait_log("worker", "in addition column 'extra'")

    def test_a_summary_that_makes_no_sense_excludes_its_owner_alone(self):
        def column(name, **more):
            return {"name": name, "count": 50, "missing": 0, "numeric": False, "mean": 0, "m2": 0, "categories": [], **more}

        sound = {
            "rows": 50,
            "columns": [
                column("age", numeric=True, mean=50, m2=1000),
                column("dose", numeric=True, mean=0.5, m2=5),
                column("ward", categories=["a", "b"]),
                column("out", categories=["ill", "well"]),
            ],
        }

        def lie(**changes):
            summary = json.loads(json.dumps(sound))
            summary["columns"][0].update(changes)
            return summary

        lies = {
            "rows 0": {**sound, "rows": 0},
            "counts over rows": lie(count=1000),
            "a mean of 1e308": lie(mean=1e308),
            "unsorted": lie(numeric=False, mean=0, m2=0, categories=["b", "a"]),
            "twice": lie(numeric=False, mean=0, m2=0, categories=["a", "a"]),
            "no columns": {"rows": 50, "columns": []},
            "no list": {"rows": 50, "columns": 7},
        }
        self.write("n.csv", ward_rows(100, 1))
        for name, summary in lies.items():
            with self.subTest(name):
                master = self.master(self.ward_plan(), "--min-workers", "2")
                self.worker(master, "honest", "--data", self.folder / "n.csv")
                self.serve_in_thread(Liar(master.worker_address, "liar", summary))
                master.wait_workers(2)
                end = master.train(rounds=1)
                self.assertEqual(end["outcome"], "rounds_done", end)
                notice = master.wait_event("notice", level="error")
                self.assertIn("liar cannot take part", notice["text"])
                self.assertEqual(len(master.get("rounds")[-1]["cohort"]), 1)

    def test_a_summary_that_is_too_large_is_not_sent(self):
        rng = random.Random(5)
        rows = [[*row, "".join(rng.choices("abcdefgh ", k=560))] for row in ward_rows(8000, 1)]
        header = (*self.header, "comment")
        north = self.write("n.csv", rows, header=header)
        south = self.write("s.csv", ward_rows(50, 2))
        for columns, words in (({}, "'comment'.*free text.*ignored"), ({"comment": "categorical"}, "'comment' has 8000 different texts of up to 560 bytes: declare it ignored")):
            with self.subTest(words):
                report = self.run_two(self.ward_plan(columns=columns), north, north, ends_with=1)
                self.assertRegex(report["detail"], words)
        report = self.run_two(self.ward_plan(extra_columns="ignore"), north, south, ends_with=1)
        self.assertEqual((report["outcome"], report["complete"]), ("rounds_done", False))
        self.assertEqual([site["name"] for site in report["sites"] if site["missed"]], ["worker-1"])
        self.assertEqual(len(report["rounds"][-1]["cohort"]), 1)

    def test_a_common_schema_that_is_too_large_fails_the_training(self):
        """Each owner's summary fits, all of them together do not."""
        header = (*self.header, "note")
        names = []
        for owner in range(5):
            rng = random.Random(owner)
            rows = [[*row, "".join(rng.choices("abcdefgh", k=1900))] for row in ward_rows(1990, owner)]
            names.append(self.write(f"{owner}.csv", rows, header=header))
        plan = self.ward_plan(columns={"note": "categorical"})
        report = self.run_to_the_end(plan, *(["--data", name] for name in names), ends_with=1)
        self.assertRegex(report["detail"], "'note'.*over all owners: declare it ignored")

    def test_classes_that_do_not_fit_are_listed_with_their_owner(self):
        north, south = ward_rows(100, 1), ward_rows(100, 2)
        south[7][3] = "wel"
        report = self.run_two(self.ward_plan(), self.write("n.csv", north), self.write("s.csv", south), ends_with=1)
        self.assertIn("3 classes", report["detail"])
        self.assertIn("'wel' (only at worker-2)", report["detail"])

    def test_a_category_and_a_class_that_only_the_test_file_has(self):
        north, south = self.write("n.csv", ward_rows(200, 1)), self.write("s.csv", ward_rows(200, 2))
        rows = ward_rows(100, 3)
        rows[4][2], rows[6][3] = "d", "dead"
        test = self.write("t.csv", rows)
        report = self.run_two(self.ward_plan(test=str(test)), north, south, ends_with=1)
        self.assertRegex(report["detail"], "t.csv, line 6: .*'d' is no known category.*\"unseen\": \"other\"")
        master = self.master(self.ward_plan(test=str(test), unseen="other"), "--min-workers", "2")
        self.worker(master, "north", "--data", north)
        self.worker(master, "south", "--data", south)
        master.wait_workers(2)
        end = master.train()
        self.assertEqual(end["outcome"], "rounds_done", end)
        self.assertGreater(master.get("rounds")[-1]["test_accuracy"], 0.93)
        self.assertEqual(master.get("data")["inputs"], 6)
        master.wait_event("notice", where=lambda e: "the test file has 1 rows" in e["text"])

    def test_a_late_site_with_a_new_category_is_refused_alone(self):
        self.write("n.csv", ward_rows(100, 1))
        self.write("s.csv", [[age, dose, "z", out] for age, dose, _, out in ward_rows(100, 2)])
        for unseen, cohort in (("refuse", [0]), ("other", [0, 1])):
            with self.subTest(unseen):
                master = self.master(self.ward_plan(unseen=unseen))
                self.worker(master, "north", "--data", self.folder / "n.csv")
                master.wait_workers(1)
                master.train(rounds=1)
                self.worker(master, "south", "--data", self.folder / "s.csv")
                master.wait_workers(2)
                self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
                self.assertEqual(master.get("rounds")[-1]["cohort"], cohort)

    def test_inspect_shows_what_would_be_sent(self):
        plan = self.write_plan(self.ward_plan())
        rows = ward_rows(200, 1)
        table = self.write("n.csv", rows)
        code, text = self.inspect(table, "--plan", plan)
        self.assertEqual(code, 0, text)
        for words in ("200 rows, 4 columns", "'age'", "numeric", "3 texts: 'a', 'b', 'c'", "2 classes: 'ill', 'well'"):
            self.assertIn(words, text)
        code, text = self.inspect(table, "--plan", plan, "--json")
        told = json.loads(text)
        self.assertEqual((code, told["summary"]["rows"], told["problems"]), (0, 200, []))
        rows[4][0], rows[9][1] = "old", "12%"
        code, text = self.inspect(self.write("n.csv", rows), "--plan", plan)
        self.assertEqual(code, 1, text)
        for words in ("'old' in line 6", "'12%' in line 11", "nothing, as long as there are problems"):
            self.assertIn(words, text)
        self.assertEqual(self.inspect(self.folder / "nowhere.csv")[0], 2)

    def test_inspect_without_a_plan_prints_one_that_works(self):
        table = self.write("n.csv", ward_rows(200, 1), ";")
        code, text = self.inspect(table, "--label", "out")
        self.assertEqual(code, 0, text)
        plan = json.loads(text[text.index("begin with (docs/plan.md):") :].split("\n", 1)[1])
        self.assertEqual(plan["data"]["source"]["delimiter"], ";")
        report = self.run_to_the_end({**plan, "rounds": 2}, ["--data", table])
        self.assertEqual(report["outcome"], "rounds_done")

    def test_inspect_tells_of_images(self):
        code, text = self.inspect(self.folder)
        self.assertEqual(code, 0, text)
        self.assertIn("400 images of 8 x 8, 4 classes", text)

    def test_other_files_are_told(self):
        (self.folder / "book.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 20 + b"[Content_Types].xml")
        code, text = self.inspect(self.folder / "book.xlsx")
        self.assertEqual(code, 1)
        self.assertIn("spreadsheet", text)


if __name__ == "__main__":
    unittest.main()
