#include "export.hpp"

#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/durable_file.hpp>
#include <fedasio/text/printable.hpp>

#include <CLI/CLI.hpp>

#include "npz_file.hpp"
#include "onnx_model.hpp"
#include "program/command_line.hpp"
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace fedasio::steering {
namespace {

constexpr auto examples =
    R"(MODEL is what --save, the page or the master's state folder holds: models/best.safetensors.
An ONNX file takes what predict takes: the columns of a table by their names, or an image. An .npz file holds
the arrays by the names that they have in MODEL, with the shapes that Keras has for them.

Examples:
  fedasio export fedasio-state/models/best.safetensors --onnx model.onnx
  fedasio export model.safetensors --npz model.npz

Exit codes: 0 done, 1 failed, 2 wrong usage.)";

struct settings {
    std::string model;
    std::string plan;
    std::string onnx;
    std::string npz;
};

void write(const std::string& file, const std::string& bytes) {
    const auto content = std::as_bytes(std::span(bytes));
    store::write_durably(file, std::span(&content, 1));
    std::cout << text::printable(file) << ": " << text::size_text(bytes.size()) << '\n';
}

int start(const settings& from) {
    std::optional<plan::plan> plan;
    if (!from.plan.empty()) {
        plan = plan::read_plan(from.plan);
    }
    const auto model = plan::read_trained_model(from.model, plan);
    if (!from.onnx.empty()) {
        write(from.onnx, onnx_bytes(model));
    }
    if (!from.npz.empty()) {
        write(from.npz, npz_bytes(model));
    }
    return program::done;
}

} // namespace

void add_export(CLI::App& app, std::function<int()>& job) {
    auto* const sub = app.add_subcommand("export", "Write a saved model for other programs; needs no master");
    const auto from = std::make_shared<settings>();
    sub->footer(examples);
    sub->add_option("MODEL", from->model, "The model: a file that a master has saved (safetensors)")
        ->required()
        ->check(CLI::ExistingFile);
    sub->add_option("--onnx", from->onnx,
                    "Write it as ONNX, with the encoding of a table and the classes' names")
        ->check(program::writable_file());
    sub->add_option("--npz", from->npz, "Write its arrays for NumPy and Keras")
        ->check(program::writable_file());
    sub->add_option("--plan", from->plan, "The plan of a model from an older version, which does not tell it")
        ->check(CLI::ExistingFile);
    sub->callback([from, &job] {
        if (from->onnx.empty() && from->npz.empty()) {
            throw CLI::ValidationError("name what to write: --onnx FILE, --npz FILE, or both");
        }
        job = [from] { return start(*from); };
    });
}

} // namespace fedasio::steering
