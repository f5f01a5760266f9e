#include <fedasio/random.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <nn/product.hpp>
#include <string>
#include <vector>

namespace {

using namespace fedasio;
using namespace fedasio::nn;

/// A product in memory of its own, of a shape drawn at random. Between all values lies poison: what must not
/// be read is NaN, and what must not be written is counted.
class drawn_product {
public:
    enum class zeros { few, many };

    explicit drawn_product(std::uint64_t seed, zeros in_b = zeros::few) : draw_(seed, purpose::partition) {
        what_.rows = 1 + draw_.below(70);
        what_.columns = 1 + draw_.below(40);
        what_.outer = 1 + draw_.below(4);
        what_.inner = 1 + draw_.below(what_.outer == 1 ? 700 : 30);
        what_.a_step = what_.rows + draw_.below(5);
        what_.a_gap = draw_.below(2) == 0 ? 0 : draw_.below(50);
        what_.b_inner = 1 + draw_.below(3);
        what_.b_column = 1 + draw_.below(3) + (draw_.below(2) == 0 ? what_.inner * what_.b_inner : 0);
        what_.b_outer = what_.inner * what_.b_inner + draw_.below(50);
        if (in_b == zeros::many) {
            draw_shape_with_zeros();
        }
        what_.c_column = what_.rows + draw_.below(4);
        what_.scale = draw_.below(2) == 0 ? 1.0F : -0.25F;
        what_.is_rectified = draw_.below(2) == 0;
        what_.is_one_chain = draw_.below(2) == 0;
        a_.assign(what_.outer * (what_.inner * what_.a_step + what_.a_gap), poison);
        b_.assign((what_.outer - 1) * what_.b_outer + (what_.inner - 1) * what_.b_inner +
                      (what_.columns - 1) * what_.b_column + 1,
                  poison);
        c_.assign(what_.columns * what_.c_column, poison);
        for_each_term([&](std::size_t term, std::size_t i, std::size_t j) {
            for (std::size_t row = 0; row < what_.rows; ++row) {
                a_[a_at(term, i, row)] = value();
            }
            for (std::size_t column = 0; column < what_.columns; ++column) {
                b_[b_at(i, j, column)] = draw_.uniform() < zeros_ ? 0.0F : value();
            }
        });
        switch (draw_.below(3)) {
        case 0:
            break;
        case 1:
            for (std::size_t row = 0; row < what_.rows; ++row) {
                bias_.push_back(value());
            }
            break;
        default:
            adds_ = true;
            for (std::size_t column = 0; column < what_.columns; ++column) {
                for (std::size_t row = 0; row < what_.rows; ++row) {
                    c_[column * what_.c_column + row] = value();
                }
            }
        }
    }

    /// Terms that no column has are poison in `a`.
    void poison_absent_terms() {
        for (std::size_t j = 0; j < what_.inner; ++j) {
            bool is_present = false;
            for (std::size_t column = 0; column < what_.columns; ++column) {
                is_present = is_present || b_[b_at(0, j, column)] != 0;
            }
            for (std::size_t row = 0; row < what_.rows && !is_present; ++row) {
                a_[a_at(j, 0, row)] = poison;
            }
        }
    }

    [[nodiscard]] std::vector<float> computed_by(const product_kernel& kernel,
                                                 bool skips_zeros = false) const {
        std::vector<float> result = c_;
        product what = what_;
        what.skips_zeros = skips_zeros;
        what.a = a_.data();
        what.b = b_.data();
        what.c = result.data();
        if (adds_) {
            what.start = result.data();
            what.start_column = what.c_column;
        } else if (!bias_.empty()) {
            what.start = bias_.data();
        }
        kernel.compute(what);
        return result;
    }

    void check(const std::vector<float>& result) const {
        for (std::size_t column = 0; column < what_.columns; ++column) {
            for (std::size_t row = 0; row < what_.c_column; ++row) {
                const std::size_t at = column * what_.c_column + row;
                if (row >= what_.rows) {
                    BOOST_TEST(std::isnan(result[at]));
                    continue;
                }
                double sum = 0;
                double magnitude = 0;
                for_each_term([&](std::size_t term, std::size_t i, std::size_t j) {
                    const double part = double{a_[a_at(term, i, row)]} * b_[b_at(i, j, column)];
                    sum += part;
                    magnitude += std::abs(part);
                });
                const double start = adds_ ? c_[at] : bias_.empty() ? 0.0 : bias_[row];
                double expected = start + what_.scale * sum;
                expected = what_.is_rectified && expected < 0 ? 0 : expected;
                BOOST_TEST(std::abs(result[at] - expected) <= 1e-6 * (magnitude + std::abs(start)));
            }
        }
    }

    [[nodiscard]] std::size_t rows() const { return what_.rows; }

    [[nodiscard]] std::string shape() const {
        return std::to_string(what_.rows) + " rows, " + std::to_string(what_.columns) + " columns, " +
               std::to_string(what_.outer) + " x " + std::to_string(what_.inner) + " terms";
    }

private:
    static constexpr float poison = std::numeric_limits<float>::quiet_NaN();

    /// Wide enough that it is worth while to look for them; b lies by columns or by terms.
    void draw_shape_with_zeros() {
        zeros_ = 0.25F * static_cast<float>(draw_.below(5));
        what_.rows = 1 + draw_.below(500);
        what_.columns = 1 + draw_.below(80);
        what_.outer = 1;
        what_.inner = 1 + draw_.below(draw_.below(2) == 0 ? 64 : 700);
        what_.a_step = what_.rows + draw_.below(5);
        const bool lies_by_columns = draw_.below(2) == 0;
        what_.b_inner = lies_by_columns ? 1 : what_.columns + draw_.below(3);
        what_.b_column = lies_by_columns ? what_.inner + draw_.below(3) : 1;
    }

    [[nodiscard]] float value() { return 2.0F * draw_.uniform() - 1.0F; }

    [[nodiscard]] std::size_t a_at(std::size_t term, std::size_t i, std::size_t row) const {
        return term * what_.a_step + i * what_.a_gap + row;
    }

    [[nodiscard]] std::size_t b_at(std::size_t i, std::size_t j, std::size_t column) const {
        return i * what_.b_outer + j * what_.b_inner + column * what_.b_column;
    }

    template <class Work>
    void for_each_term(Work work) const {
        for (std::size_t i = 0; i < what_.outer; ++i) {
            for (std::size_t j = 0; j < what_.inner; ++j) {
                work(i * what_.inner + j, i, j);
            }
        }
    }

    random_stream draw_;
    product what_;
    std::vector<float> a_;
    std::vector<float> b_;
    std::vector<float> c_;
    std::vector<float> bias_;
    float zeros_ = 0; ///< share of b
    bool adds_ = false;
};

bool same_bits(const std::vector<float>& x, const std::vector<float>& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(product_kernel_of_each_instruction_set)

BOOST_AUTO_TEST_CASE(computes_what_the_definition_says_and_nothing_beyond) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const drawn_product drawn(seed);
        for (const product_kernel& kernel : product_kernels()) {
            BOOST_TEST_CONTEXT(kernel.name << ", seed " << seed << ": " << drawn.shape()) {
                drawn.check(drawn.computed_by(kernel));
            }
        }
    }
}

// So that workers with different processors still agree on every bit of a run.
BOOST_AUTO_TEST_CASE(gives_the_bits_of_all_others) {
    for (std::uint64_t seed = 100; seed < 300; ++seed) {
        const drawn_product drawn(seed);
        const std::vector<float> widest = drawn.computed_by(product_kernels().front());
        for (const product_kernel& kernel : product_kernels()) {
            BOOST_TEST_CONTEXT(kernel.name << ", seed " << seed << ": " << drawn.shape()) {
                BOOST_TEST(same_bits(drawn.computed_by(kernel), widest));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(gives_the_same_bits_without_terms_that_are_0) {
    for (std::uint64_t seed = 300; seed < 500; ++seed) {
        const drawn_product drawn(seed, drawn_product::zeros::many);
        const std::vector<float> widest = drawn.computed_by(product_kernels().front());
        for (const product_kernel& kernel : product_kernels()) {
            BOOST_TEST_CONTEXT(kernel.name << ", seed " << seed << ": " << drawn.shape()) {
                BOOST_TEST(same_bits(drawn.computed_by(kernel, true), widest));
            }
        }
    }
}

// It is why they are fast where most of b is 0: what belongs to it is not even read.
BOOST_AUTO_TEST_CASE(wide_vectors_do_not_read_what_belongs_to_zeros) {
    for (std::uint64_t seed = 500; seed < 540; ++seed) {
        drawn_product drawn(seed, drawn_product::zeros::many);
        const std::vector<float> expected = drawn.computed_by(product_kernels().front());
        drawn.poison_absent_terms();
        for (const product_kernel& kernel : product_kernels()) {
            BOOST_TEST_CONTEXT(kernel.name << ", seed " << seed << ": " << drawn.shape()) {
                const bool looks = kernel.name != "portable" && drawn.rows() >= 64;
                BOOST_TEST((!looks || same_bits(drawn.computed_by(kernel, true), expected)));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(lets_not_a_number_pass_the_rectifier) {
    const float a = std::numeric_limits<float>::quiet_NaN();
    const float b = 1.0F;
    for (const product_kernel& kernel : product_kernels()) {
        float c = 0.0F;
        kernel.compute({.rows = 1,
                        .columns = 1,
                        .inner = 1,
                        .a = &a,
                        .a_step = 1,
                        .b = &b,
                        .b_inner = 1,
                        .b_column = 1,
                        .c = &c,
                        .c_column = 1,
                        .is_rectified = true});
        BOOST_TEST_CONTEXT(kernel.name) {
            BOOST_TEST(std::isnan(c));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
