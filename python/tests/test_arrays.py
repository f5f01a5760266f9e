"""How arrays become one flat array, and come back."""

import json
import pathlib
import struct
import tempfile
import unittest

import numpy as np

import fedasio
from fedasio._arrays import COUNTER_UNIT

try:
    import torch
except ImportError:
    torch = None


class Layouts(unittest.TestCase):
    def setUp(self):
        self.state = {
            "weight": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
            "bn.running_mean": np.float64(0.1) * np.ones(2),
            "bn.num_batches_tracked": np.array(3, np.int64),
            "half": np.array([0.5, -2.0], np.float16),
            "nothing": np.zeros((0, 4), np.float32),
            "one": np.float32(7.0),
        }
        self.layout = fedasio.Layout.of(self.state)

    def test_trained_ones_come_first_then_statistics_then_counters(self):
        self.assertEqual(
            [(one.name, one.role) for one in self.layout.arrays],
            [
                ("weight", "trained"),
                ("half", "trained"),
                ("nothing", "trained"),
                ("one", "trained"),
                ("bn.running_mean", "statistic"),
                ("bn.num_batches_tracked", "counter"),
            ],
        )
        self.assertEqual(self.layout.size, 6 + 2 + 0 + 1 + 2 + 1)

    def test_each_comes_back_in_its_own_type_and_shape(self):
        back = self.layout.unpack(self.layout.pack(self.state))
        for name, value in self.state.items():
            self.assertEqual(back[name].shape, np.shape(value), name)
            self.assertEqual(back[name].dtype, np.asarray(value).dtype, name)
            np.testing.assert_array_equal(back[name], np.float32(value), name)

    def test_counters_travel_small_and_come_back_whole(self):
        for count in (0, 1, 12345, 2**24):
            flat = self.layout.pack({**self.state, "bn.num_batches_tracked": np.array(count)})
            self.assertEqual(flat[-1], np.float32(count * COUNTER_UNIT))
            self.assertLessEqual(flat[-1], 16)
            self.assertEqual(self.layout.unpack(flat)["bn.num_batches_tracked"], count)

    def test_what_does_not_travel_is_named(self):
        for name, type, value, sentence in (
            ("big", "float64", 1e39, "'big' has values beyond 3.4e38"),
            ("big", "float64", -np.inf, "'big' is not finite"),
            ("seen", "int64", 2**24 + 1, "'seen' are beyond 16777216"),
            ("seen", "int64", -(2**24) - 1, "'seen' are beyond 16777216"),
        ):
            with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(fedasio.Misuse, sentence):
                state = {"module." + name: np.array([0, value], type), "w": np.ones(1, np.float32)}
                fedasio.save_arrays(pathlib.Path(folder, "a.safetensors"), state)
        for type, value in (("uint8", 256), ("int8", -129), ("bool", 2), ("bool", -1)):
            layout = fedasio.Layout.of({"n": np.zeros(1, type)})
            with self.assertRaisesRegex(fedasio.Misuse, f"'n' has values that its type, {type}, does not hold"):
                layout.pack({"n": np.array([value], np.int64)})
        # Float64 is rounded, as documented, whole or not.
        layout = fedasio.Layout.of({"x": np.zeros(2)})
        back = layout.unpack(layout.pack({"x": np.array([2.0**24 + 1, 0.1])}))
        self.assertEqual(back["x"].tolist(), [2.0**24, float(np.float32(0.1))])

    def test_what_stays_at_the_client_lies_apart(self):
        entries = self.layout.to_json()
        for entry in entries:
            if entry["name"] in ("half", "bn.num_batches_tracked"):
                entry["role"] = "private"
        layout = fedasio.Layout(entries)
        self.assertEqual([one.name for one in layout.arrays][-2:], ["half", "bn.num_batches_tracked"])
        self.assertEqual((layout.shared, layout.size), (9, 12))
        own = np.empty(3, np.float32)
        flat = layout.pack(self.state, None, own)
        self.assertEqual(flat.size, 9)
        np.testing.assert_array_equal(own, np.float32([0.5, -2, 3 * COUNTER_UNIT]))
        back = layout.unpack(flat, own)
        for name, value in self.state.items():
            self.assertEqual(back[name].dtype, np.asarray(value).dtype, name)
            np.testing.assert_array_equal(back[name], np.float32(value), name)
        own[1] = np.nan
        self.assertEqual(layout.first_not_finite(flat, own), "half")

    def test_memory_is_taken_again_if_it_fits(self):
        first = self.layout.pack(self.state)
        expected = first.copy()
        first[:] = 7
        self.assertIs(self.layout.pack(self.state, first), first)
        np.testing.assert_array_equal(first, expected)
        np.testing.assert_array_equal(self.layout.pack(self.state, np.empty(3, np.float32)), expected)

    def test_what_wrappers_put_before_names_is_taken_off(self):
        wrapped = {"_orig_mod.module." + name: value for name, value in self.state.items()}
        np.testing.assert_array_equal(self.layout.pack(wrapped), self.layout.pack(self.state))
        self.assertEqual(fedasio.Layout.of(wrapped).to_json(), self.layout.to_json())

    def test_what_does_not_fit_is_named(self):
        for changed, sentence in (
            ({"weight": np.zeros((2, 3))}, r"'weight' has the shape \(2, 3\), the federation's \(3, 2\)"),
            ({"weight": np.zeros((3, 2), complex)}, "'weight' is of the type complex128"),
            ({"extra": np.zeros(1)}, "'extra' is not in the federation's model"),
            ({"half": np.array(["a", "b"])}, "'half' is of the type <U1"),
            ({"half": np.array([None, 1])}, "'half' is of the type object"),
            ({"half": [[1.0], [1.0, 2.0]]}, "'half' is none: list that numpy cannot read"),
            ({"bn.num_batches_tracked": np.array(2.5)}, "'bn.num_batches_tracked' counts, in int64, and has a value"),
            ({"bn.num_batches_tracked": np.array(2**24 + 1)}, "beyond 16777216"),
        ):
            with self.assertRaisesRegex(fedasio.Misuse, sentence):
                self.layout.pack({**self.state, **changed})
        del self.state["half"]
        with self.assertRaisesRegex(fedasio.Misuse, "1 of 6 arrays are missing, the first is 'half'"):
            self.layout.pack(self.state)

    def test_what_is_no_state_dict_is_named(self):
        class Network:
            def state_dict(self):
                return {}

        for given, sentence in (
            (Network(), "not a Network: give its state_dict()"),
            ([np.zeros(2)], "not a list"),
            (np.zeros(2), "not a ndarray"),
            (None, "not a NoneType"),
            ({0: np.zeros(2)}, "not 0"),
        ):
            for use in (self.layout.pack, fedasio.Layout.of):
                with self.assertRaisesRegex(fedasio.Misuse, sentence.replace("(", r"\(").replace(")", r"\)")):
                    use(given)
        with self.assertRaisesRegex(fedasio.Misuse, "'bn.mean', which is no array"):
            fedasio.Layout.of(self.state, statistics=["bn.mean"])
        with self.assertRaisesRegex(fedasio.Misuse, "same name once"):
            fedasio.Layout.of({"module.a": np.zeros(1), "a": np.zeros(1)})
        with self.assertRaisesRegex(fedasio.Misuse, "'c' is of the type complex128"):
            fedasio.Layout.of({"c": np.zeros(1, complex)})

    def test_who_asks_for_another_array_is_told_which_there_are(self):
        with self.assertRaisesRegex(fedasio.Misuse, "no array 'coef', it has 'weight', 'half'.*model.arrays"):
            self.layout.unpack(self.layout.pack(self.state))["coef"]

    def test_lists_and_numbers_are_arrays_too(self):
        layout = fedasio.Layout.of({"a": [1.0, 2.0], "b": 3, "c": True})
        self.assertEqual([one.type for one in layout.arrays], ["float64", "int64", "bool"])
        back = layout.unpack(layout.pack({"a": (1.5, 2), "b": 4, "c": False}))
        self.assertEqual({name: value.tolist() for name, value in back.items()}, {"a": [1.5, 2.0], "b": 4, "c": False})

    def test_a_model_of_as_many_arrays_as_a_resnet(self):
        rng = np.random.default_rng(1)
        state = {}
        for number in range(20):  # 11.7 million, with what BatchNorm keeps
            state[f"layer{number}.conv.weight"] = rng.normal(size=(512, 128, 3, 3)).astype(np.float32)[:, ::1]
            for name in ("weight", "bias", "running_mean", "running_var"):
                state[f"layer{number}.bn.{name}"] = rng.random(512).astype(np.float32)
            state[f"layer{number}.bn.num_batches_tracked"] = np.array(number * 1000)
        layout = fedasio.Layout.of(state)
        self.assertGreater(layout.size, 11_700_000)
        back = layout.unpack(layout.pack(state))
        self.assertTrue(all(np.array_equal(back[name], value) for name, value in state.items()))

    def test_the_first_array_that_is_not_finite_is_named(self):
        flat = self.layout.pack({**self.state, "half": np.array([1.0, np.nan]), "one": np.float64(1e300)})
        self.assertEqual(self.layout.first_not_finite(flat), "half")
        self.assertIsNone(self.layout.first_not_finite(self.layout.pack(self.state)))
        too_large = self.layout.pack({**self.state, "one": np.float64(1e300)})
        self.assertEqual(self.layout.first_not_finite(too_large), "one")

    def test_a_file_of_initial_values_tells_types_and_roles(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "initial.safetensors")
            fedasio.save_arrays(file, self.state, statistics=["one"])
            content = file.read_bytes()
            (size,) = struct.unpack_from("<Q", content)
            header = json.loads(content[8 : 8 + size])
            self.assertEqual((8 + size) % 64, 0)
            told = {one["name"]: one for one in json.loads(header["__metadata__"]["arrays"])}
            self.assertEqual(told["one"], {"name": "one", "shape": [], "role": "statistic"})
            self.assertEqual(told["bn.num_batches_tracked"]["type"], "int64")
            self.assertEqual(header["weight"], {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]})
            back = fedasio.load_model(file)
            for name, value in self.state.items():
                self.assertEqual(back[name].dtype, np.asarray(value).dtype, name)
                np.testing.assert_array_equal(back[name], np.float32(value), name)
            with self.assertRaisesRegex(fedasio.Misuse, "'one' is not finite"):
                fedasio.save_arrays(file, {"one": np.float32("nan")})
            file.write_bytes(content.replace(b'\\"shape\\":[3,2]', b'\\"shape\\":[3,3]'))
            with self.assertRaisesRegex(ValueError, "list of its arrays does not fit"):
                fedasio.load_model(file)
            file.write_bytes(content[:40])
            with self.assertRaisesRegex(ValueError, "no safetensors file of a federation"):
                fedasio.load_model(file)


@unittest.skipUnless(torch, "without torch")
class Torch(unittest.TestCase):
    def test_a_network_with_batch_norm_tied_weights_and_half_types(self):
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 4))
        net.tied = torch.nn.Linear(4, 4)
        net.tied.weight = net[2].weight
        state = net.state_dict()
        state["bf"] = torch.tensor([0.25, 3.0], dtype=torch.bfloat16)
        state["turned"] = torch.arange(6.0).reshape(2, 3).t()
        state["double"] = torch.rand(3, dtype=torch.float64).float().double()
        state["none"] = torch.zeros(0, 3)
        state["one"] = torch.tensor(2.5, requires_grad=True)
        layout = fedasio.Layout.of(state)
        back = layout.unpack_torch(layout.pack(state))
        self.assertEqual(set(back), set(state))
        for name, value in state.items():
            self.assertEqual(back[name].dtype, value.dtype, name)
            self.assertEqual(back[name].shape, value.shape, name)
            self.assertTrue(torch.equal(back[name], value), name)
        roles = {one.name: one.role for one in layout.arrays}
        self.assertEqual(roles["1.running_var"], "statistic")
        self.assertEqual(roles["1.num_batches_tracked"], "counter")
        for name in ("bf", "turned", "double", "none", "one"):
            del back[name]
        net.load_state_dict(back)

    def test_what_cannot_travel_is_named(self):
        for value, sentence in (
            (torch.eye(2).to_sparse(), "'a' is sparse"),
            (torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "'a' is of the type qint8, which cannot be averaged"),
            (torch.zeros(2, dtype=torch.complex64), "'a' is of the type complex64"),
        ):
            with self.assertRaisesRegex(fedasio.Misuse, sentence):
                fedasio.save_arrays("/nowhere/file", {"a": value})
        with self.assertRaisesRegex(fedasio.Misuse, "not a Linear: give its state_dict"):
            fedasio.Layout.of(torch.nn.Linear(1, 1))


if __name__ == "__main__":
    unittest.main()
