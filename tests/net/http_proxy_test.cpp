#include <fedasio/net/http_proxy.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace fedasio::net;

BOOST_AUTO_TEST_SUITE(http_proxies)

BOOST_AUTO_TEST_CASE(urls) {
    for (const auto* url :
         {"http://proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128"}) {
        const auto found = http_proxy::parse(url);
        BOOST_TEST((found.where == address{"proxy.example", 3128}));
        BOOST_TEST(found.authorization.empty());
    }
    BOOST_TEST((http_proxy::parse("http://[::1]:80").where == address{"::1", 80}));
    // RFC 7617, 2.
    BOOST_TEST(http_proxy::parse("http://Aladdin:open%20sesame@a:1").authorization ==
               "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    BOOST_TEST(http_proxy::parse("u:p@ss@a:1").authorization ==
               http_proxy::parse("u:p%40ss@a:1").authorization);
}

BOOST_AUTO_TEST_CASE(what_is_none) {
    for (const auto* url : {"", "a", "http://a", "http://:1", "https://u:secret@a:1", "socks5://a:1",
                            "http://a:0", "http://u:secret@a:b", "http://a:1/x", "http://u:secret@a b:1"}) {
        BOOST_TEST_CONTEXT(url) {
            BOOST_CHECK_EXCEPTION(http_proxy::parse(url), std::invalid_argument, [](const auto& problem) {
                const std::string text = problem.what();
                return text.find("http://HOST:PORT") != std::string::npos &&
                       text.find("secret") == std::string::npos;
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(hosts_that_need_none) {
    struct expected {
        const char* list;
        address where;
        bool is_listed;
    };

    const address host{"master.example.org", 7700};
    const address four{"10.1.2.3", 7700};
    const address six{"2001:db8::1", 7700};
    for (const auto& it : {expected{"", host, false},
                           expected{"*", host, true},
                           expected{"a,*", four, true},
                           expected{"example.org", host, true},
                           expected{".example.org", host, true},
                           expected{"EXAMPLE.org", host, true},
                           expected{"x.example.org, master.example.org", host, true},
                           expected{"a b master.example.org", host, true},
                           expected{"ample.org", host, false},
                           expected{"org.example", host, false},
                           expected{".", host, false},
                           expected{",,", host, false},
                           expected{"example.org:7700", host, true},
                           expected{"example.org:443", host, false},
                           expected{"10.1.2.3", four, true},
                           expected{"10.1.2.3:7700", four, true},
                           expected{"10.1.2.3:1", four, false},
                           expected{"1.2.3", four, false},
                           expected{"2.3", four, false},
                           expected{"10.0.0.0/8", four, true},
                           expected{"10.1.2.4/30", four, false},
                           expected{"10.0.0.0/99", four, false},
                           expected{"10.0.0.0/8", host, false},
                           expected{"2001:db8::1", six, true},
                           expected{"[2001:db8::1]:7700", six, true},
                           expected{"[2001:db8::1]:1", six, false},
                           expected{"2001:db8::/32", six, true},
                           expected{"2001:db9::/32", six, false},
                           expected{"10.0.0.0/8", six, false}}) {
        BOOST_TEST_CONTEXT(it.list << " " << it.where.to_string()) {
            BOOST_TEST(is_listed(it.list, it.where) == it.is_listed);
        }
    }
}

BOOST_AUTO_TEST_CASE(refusals_have_a_name) {
    for (const int status : {403, 407, 502, 503, 504, 500}) {
        const error_code refused(status, proxy_category());
        BOOST_TEST(refused.message().find("(" + std::to_string(status) + ")") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
