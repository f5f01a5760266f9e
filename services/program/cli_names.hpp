#pragma once

/// Names of CLI11's for headers, so that only those files read it that define options: it takes seconds to
/// compile.
namespace CLI {

class App;
class Option;
class Validator;

} // namespace CLI
