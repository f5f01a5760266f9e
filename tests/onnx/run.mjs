// Runs an ONNX file: node run.mjs MODEL MODULES < inputs.json > outputs.json
// Inputs and outputs by name: {"type": "float32", "dims": [2, 3], "data": [...]}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [model, modules] = process.argv.slice(2);
const { InferenceSession, Tensor } = createRequire(`${modules}/`)("onnxruntime-node");
const arrays = { float32: Float32Array, float64: Float64Array, string: Array };

const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
const inputs = JSON.parse(readFileSync(0, "utf8"), (key, value) => (value === "NaN" && key !== "" ? NaN : value));
const feeds = {};
for (const [name, { type, dims, data }] of Object.entries(inputs)) {
  feeds[name] = new Tensor(type, arrays[type].from(data), dims);
}
const results = await session.run(feeds);
const outputs = {};
for (const [name, { type, dims, data }] of Object.entries(results)) {
  outputs[name] = { type, dims, data: Array.from(data) };
}
process.stdout.write(JSON.stringify({ inputs: session.inputNames, outputs }));
