"""Workers that come, die, fall silent and return while a training runs."""

import signal
import unittest

from federation import Federation

FOREVER = 1000000


def hosts(worker, clients):
    """Whether a worker_assigned event gives exactly these clients to that worker."""
    return lambda event: event["worker"] == worker and [c["client"] for c in event["clients"]] == clients


class Death(Federation):
    def kill_one_in_mid_round(self, *options):
        """Four workers train a round; one is stopped, then killed while the next round waits for it."""
        master = self.master(self.plan())
        workers = self.workers(master, 4, *options)
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        after = master.now()
        workers[2].freeze()
        master.command("train", rounds=3)
        master.wait_event("phase", after, phase="training", round=2)
        workers[2].kill()
        end = master.wait_event("training_finished", after)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 4))
        rounds = master.get("rounds")
        self.assertEqual(rounds[1]["cohort"], [0, 1, 2, 3])
        return master, rounds, after, end["weights_sha256"]

    def test_client_moves_to_a_worker_with_room(self):
        """In the same round, so that the death changes no bit."""
        undisturbed = self.run_to_the_end(self.plan(rounds=4), [])["weights_sha256"]
        master, rounds, after, weights = self.kill_one_in_mid_round()
        for result in rounds[1:]:
            self.assertEqual((result["cohort"], result["dropped"]), ([0, 1, 2, 3], []))
        self.assertNotEqual(master.wait_event("client_updated", after, round=2, client=2)["worker"], 3)
        self.assertEqual(weights, undisturbed)
        clients = master.get("clients")
        self.assertEqual([client["client"] for client in clients if client["worker"] is None], [])

    def test_client_waits_when_nobody_has_room(self):
        master, rounds, after, _ = self.kill_one_in_mid_round("--clients", "1")
        self.assertEqual(rounds[1]["dropped"], [{"client": 2, "reason": "lost"}])
        drop = master.wait_event("client_dropped", after, client=2)
        self.assertEqual((drop["round"], drop["worker"], drop["reason"]), (2, 3, "lost"))
        for result in rounds[2:]:
            self.assertEqual((result["cohort"], result["dropped"]), ([0, 1, 3], []))
            self.assertEqual(result["absent"], [{"client": 2, "reason": "no_room"}])
        self.worker(master, "late", "--clients", "1")
        master.wait_joined("late")
        master.train(rounds=1)
        last = master.get("rounds")[-1]
        self.assertEqual((last["cohort"], last["absent"]), ([0, 1, 2, 3], []))

    def test_the_only_worker_dies_and_another_comes(self):
        plan = self.plan()
        undisturbed = self.run_to_the_end({**plan, "rounds": 3}, [])["weights_sha256"]
        master = self.master(plan)
        worker = self.workers(master, 1)[0]
        master.train(rounds=1)
        after = master.now()
        worker.freeze()
        master.command("train", rounds=2)
        master.wait_event("phase", after, phase="training")
        worker.kill()
        master.wait_event("worker_left", after)
        master.wait_event("phase", after, phase="waiting")
        self.worker(master, "second")
        end = master.wait_event("training_finished", after)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 3))
        self.assertEqual(end["weights_sha256"], undisturbed)

    def test_a_worker_without_clients_takes_over(self):
        master = self.master(self.plan(clients=1))
        workers = self.workers(master, 2)
        master.train(rounds=1)
        after = master.now()
        workers[0].freeze()
        master.command("train", rounds=1)
        master.wait_event("phase", after, phase="training")
        workers[0].kill()
        end = master.wait_event("training_finished", after)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 2))
        master.wait_event("client_updated", after, client=0, worker=2)

    def test_death_in_every_phase(self):
        """Whenever a worker dies, the training goes on with the others, to the end."""
        rounds = 0
        master = self.master(self.plan(clients=6, local={"epochs": 5}))
        self.workers(master, 2)
        for number, phase in enumerate(
            ("loading_dataset", "distributing_model", "distributing_weights", "training", "evaluating")
        ):
            with self.subTest(phase):
                victim = self.worker(master, f"victim-{number}")
                master.wait_joined(f"victim-{number}")
                after = master.now()
                rounds += 5
                master.command("train", rounds=5)
                master.wait_event("phase", after, phase=phase)
                victim.kill()
                end = master.wait_event("training_finished", after)
                self.assertEqual((end["outcome"], end["round"]), ("rounds_done", rounds), end["detail"])
                master.wait_event("worker_left", after, name=f"victim-{number}")


class Arrival(Federation):
    def test_joins_in_mid_run_and_comes_back_under_its_name(self):
        master = self.master(self.plan())
        self.workers(master, 1)
        master.command("train", rounds=FOREVER)
        for process in 1, 2:
            after = master.now()
            late = self.worker(master, "late")
            number = master.wait_joined("late", after)
            assigned = master.wait_event("worker_assigned", after, where=hosts(number, [2, 3]))
            self.assertEqual(sum(client["samples"] for client in assigned["clients"]), assigned["samples"])
            for client in 2, 3:
                master.wait_event("client_updated", assigned["seq"], worker=number, client=client)
            late.kill()
            master.wait_event("worker_left", after, name="late")
            master.wait_event("worker_assigned", after, where=hosts(1, [0, 1, 2, 3]))
            self.assertGreater(number, process)
        after = master.now()
        master.command("stop")
        self.assertEqual(master.wait_event("training_finished", after)["outcome"], "stopped")

    def test_joins_while_the_first_ones_load(self):
        master = self.master(self.plan())
        (first,) = self.workers(master, 1)
        first.freeze()
        master.command("train", rounds=FOREVER)
        master.wait_event("phase", phase="loading_dataset")
        self.worker(master, "late")
        number = master.wait_joined("late")
        first.signal(signal.SIGCONT)
        master.wait_event("client_updated", worker=number)
        after = master.now()
        master.command("stop")
        self.assertEqual(master.wait_event("training_finished", after)["outcome"], "stopped")

    def test_duplicate_name_waits_until_it_is_free(self):
        master = self.master(self.plan())
        first = self.workers(master, 1)[0]
        second = self.worker(master, "worker-1")
        master.wait_log("notice", "'worker-1' is connected already")
        second.wait_log("worker", "--name")
        self.assertIsNone(second.exit_code)
        first.kill()
        master.wait_event("worker_joined", where=lambda e: e["worker"]["worker"] == 2)
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")

    def test_master_comes_back(self):
        master = self.master(self.plan())
        address = master.workers_at
        worker = self.workers(master, 1)[0]
        master.train(rounds=1)
        for end in signal.SIGKILL, signal.SIGTERM:
            master.signal(end)
            master.wait_exit()
            master = self.master(self.plan(), listen=address)
            master.wait_joined("worker-1")
            self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        self.assertIsNone(worker.exit_code)

    def test_no_master(self):
        worker = self.worker("127.0.0.1:1", "lonely", "--give-up-after", "1")
        self.assertEqual(worker.wait_exit(), 1)
        self.assertIn("gave up", worker.log("ended")[0]["text"])
        self.assertEqual(len([e for e in worker.log("worker") if "trying again" in e["text"]]), 1)


class Silence(Federation):
    def test_stopped_worker_is_lost_and_returns(self):
        master = self.master(self.plan())
        workers = self.workers(master, 2)
        master.train(rounds=1)
        after = master.now()
        workers[1].freeze()
        left = master.wait_event("worker_left", after)
        self.assertEqual(left["name"], "worker-2")
        self.assertIn("silent", left["reason"])
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        self.assertEqual(master.get("rounds")[-1]["cohort"], [0, 1, 2, 3])
        workers[1].signal(signal.SIGCONT)
        back = master.wait_event("worker_joined", after)
        self.assertEqual(back["worker"]["name"], "worker-2")
        master.train(rounds=1)
        master.wait_event("client_updated", after, worker=back["worker"]["worker"])

    def test_stopped_master_keeps_its_workers(self):
        master = self.master(self.plan())
        worker = self.workers(master, 1)[0]
        master.freeze()
        worker.wait_log("worker", "silent")
        master.signal(signal.SIGCONT)
        master.wait_event("worker_joined", where=lambda e: e["worker"]["worker"] == 2)
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")


if __name__ == "__main__":
    unittest.main()
