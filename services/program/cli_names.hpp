#pragma once

/// Names of CLI11's for headers, so that only those files read it that define options: it takes seconds to
/// compile.
// NOLINTBEGIN(readability-identifier-naming): not ours
namespace CLI {

class App;
class Option;
class Validator;

} // namespace CLI

// NOLINTEND(readability-identifier-naming)
