#include "target.hpp"
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

// Feeds every file of a folder to the target, without a fuzzer: found once, tested ever after, in every
// build.
int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int inputs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::printf("%s\n", entry.path().c_str());
        std::fflush(stdout);
        std::ifstream in(entry.path(), std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        ++inputs;
    }
    fedasio::fuzz::require(inputs > 0, "the folder has inputs");
    return 0;
}
