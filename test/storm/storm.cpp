#include "storm.hpp"

#include "dice.hpp"
#include "evidence.hpp"
#include "power.hpp"
#include "shop.hpp"
#include "support/gateway_beside.hpp"
#include "support/store_proxy.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace wxgate::test {

namespace {

constexpr std::uint64_t most_memory = std::uint64_t{400} << 20U;
constexpr std::uint64_t most_files = 512;
constexpr std::uint64_t most_log = std::uint64_t{64} << 20U; // the store's own bound of its write-ahead log
constexpr std::size_t most_listed = 5;

merchant_config& merchant_of(gateway_config& c, std::string const& name) {
    for (auto& m : c.merchants)
        if (m.name == name)
            return m;
    throw std::runtime_error("no merchant " + name);
}

// Refuses some messages the first time, in one way or another; takes them in the second time.
webhook_script moody(std::uint64_t seed) {
    auto const random = std::make_shared<dice>(seed);
    return [random](delivery const& d) {
        webhook_answer a;
        if (d.repeated || !random->percent(20))
            return a;
        switch (random->below(6)) {
        case 0:
            a.status = 500;
            break;
        case 1:
            a.status = 503;
            break;
        case 2:
            a.how = conduct::reset;
            break;
        case 3:
            a.how = conduct::close;
            break;
        case 4:
            a.how = conduct::cut;
            break;
        default:
            a.delay = 300ms;
            break;
        }
        return a;
    };
}

std::string tail(std::string const& text, std::size_t most) {
    return text.size() > most ? text.substr(text.size() - most) : text;
}

std::string describe(exit_status const& how) {
    return how.signal != 0 ? "signal " + std::to_string(how.signal) : "exit code " + std::to_string(how.code);
}

std::string listed(std::vector<std::string> const& all) {
    std::string text;
    for (std::size_t i = 0; i < std::min(all.size(), most_listed); ++i)
        text += (i == 0 ? "" : "; ") + all[i];
    return text + (all.size() > most_listed ? " … of " + std::to_string(all.size()) : "");
}

class storm {
public:
    storm(plan const& p, milliseconds drain)
        : plan_(p), drain_(drain), random_(p.receiver_seed), proxy_(make_proxy()), system_(options()),
          calls_(keys()) {
        for (int i = 1; i < plan_.options.nodes; ++i)
            others_.emplace_back(system_, "node" + std::to_string(i + 1));
        shop_hooks_.behave(moody(plan_.receiver_seed));
        rival_hooks_.behave(moody(plan_.receiver_seed + 1));
    }

    storm(storm const&) = delete;
    storm& operator=(storm const&) = delete;

    storm_result run() {
        bool whole = true;
        try {
            blow();
            calm_down();
            wait_for_the_end();
        } catch (std::exception const& e) {
            trouble_.push_back(std::string("the run ended early: ") + e.what());
            whole = false;
        }
        return conclude(whole);
    }

private:
    // ---- the system -------------------------------------------------------------------------------------

    // Between the gateways and a PostgreSQL server.
    static std::unique_ptr<store_proxy> make_proxy() {
        if (!on_postgres())
            return nullptr;
        std::string const url = postgres_url();
        auto const port = std::stoul(url.substr(url.rfind(':') + 1));
        return std::make_unique<store_proxy>(static_cast<std::uint16_t>(port));
    }

    void go_through_proxy(gateway_config& c) const {
        auto const at = c.store.find("@127.0.0.1:") + std::string("@127.0.0.1:").size();
        c.store.replace(at, c.store.find('/', at) - at, std::to_string(proxy_->port()));
    }

    std::vector<std::uint16_t> gateways_from(std::size_t first) const {
        std::vector<std::uint16_t> ports = {system_.port()};
        for (auto const& each : others_)
            ports.push_back(each.port());
        std::rotate(
            ports.begin(), ports.begin() + static_cast<std::ptrdiff_t>(first % ports.size()), ports.end()
        );
        return ports;
    }

    system_options options() {
        system_options o;
        o.time_scale = 60;
        o.adjust = [this](gateway_config& c) {
            c.timeout = "700ms";
            c.refunds = {
                {"order_interval", "1200ms"},
                {"first_retry", "100ms"},
                {"last_retry", "1s"},
                {"poor_retry", "400ms"},
                {"certificate_retry", "1s"}};
            c.background.emplace_back("time_scale", "60");
            if (proxy_)
                go_through_proxy(c);
            for (auto const& [name, hooks] :
                 {std::pair("shop", &shop_hooks_), std::pair("rival", &rival_hooks_)}) {
                auto& m = merchant_of(c, name);
                m.webhook_url = hooks->url();
                m.webhook_secrets = hooks->secrets();
                m.webhook_allow_private = true;
            }
        };
        o.environment = [this](scratch const& dir) {
            std::vector<std::pair<std::string, std::string>> all;
            if (plan_.options.power_loss)
                all = powerless_environment(database_in(dir));
            if (!failpoint_.empty()) {
                all.emplace_back("WXGATE_FAILPOINT", failpoint_);
                all.emplace_back("WXGATE_FAILPOINT_SEED", std::to_string(plan_.options.seed));
            }
            return all;
        };
        return o;
    }

    std::map<std::string, std::string> keys() const {
        std::map<std::string, std::string> all;
        for (auto const& m : system_.config().merchants)
            all[m.mch_id] = m.key;
        return all;
    }

    static std::string database_in(scratch const& dir) {
        return (std::filesystem::canonical(dir.folder()) / "wxgate.db").string();
    }

    std::string database_file() const { return database_in(system_.dir()); }

    // Until it serves. A failpoint may strike while it starts: then once more, without one.
    void start() {
        for (int i = 0;; ++i) {
            try {
                system_.start_gateway();
                return;
            } catch (std::runtime_error const&) {
                auto const how = system_.gateway().wait(0ms);
                bool const struck = how && how->signal == SIGKILL && !failpoint_.empty();
                if (!struck || i == 3)
                    throw;
                ++struck_;
                failpoint_.clear();
                after_an_end("killed by a failpoint at its start", random_.next(), random_.percent(50));
            }
        }
    }

    // ---- the storm --------------------------------------------------------------------------------------

    void blow() {
        std::list<shop> shops;
        for (auto const& stories : plan_.shops)
            shops.emplace_back(system_, stories, gateways_from(shops.size()), seen_, stopping_);
        std::vector<std::jthread> threads;
        stop_trading const at_the_end{stopping_}; // before the threads are joined
        for (auto& each : shops)
            threads.emplace_back([this, &each] {
                try {
                    each.trade();
                } catch (std::exception const& e) {
                    seen_.strange(std::string("a shop gave up: ") + e.what());
                }
            });
        auto const begin = steady::now();
        auto const end = begin + std::chrono::seconds(plan_.options.seconds);
        auto next_look = begin;
        std::size_t w = 0;
        std::size_t i = 0;
        while (steady::now() < end) {
            auto const at = std::chrono::duration_cast<milliseconds>(steady::now() - begin);
            for (; w < plan_.sky.size() && plan_.sky[w].at <= at; ++w)
                set_weather(plan_.sky[w]);
            if (i < plan_.interruptions.size() && plan_.interruptions[i].at <= at)
                interrupt(plan_.interruptions[i++]);
            look_after_it();
            look_after_the_others();
            if (steady::now() >= next_look) {
                calls_.look(system_.control());
                next_look = steady::now() + 1500ms;
            }
            std::this_thread::sleep_for(15ms);
        }
    }

    struct stop_trading {
        std::atomic<bool>& stopping;

        ~stop_trading() { stopping = true; }
    };

    void set_weather(weather const& w) {
        auto const control = system_.control();
        for (auto const& [target, text] :
             {std::pair("/control/faults", &w.faults), std::pair("/control/refunds", &w.refunds)}) {
            auto const r = control.put(target, json::parse(*text));
            if (r.status != 200)
                throw std::runtime_error(std::string("PUT ") + target + " " + *text + ": " + r.describe());
        }
    }

    void interrupt(interruption const& i) {
        auto const which = interrupted_++ % (1 + others_.size());
        if (which != 0)
            interrupt_another(*std::next(others_.begin(), static_cast<std::ptrdiff_t>(which - 1)), i);
        else
            interrupt_the_first(i);
        if (proxy_)
            disturb_the_database();
    }

    void interrupt_another(gateway_beside& other, interruption const& i) {
        if (i.kind == interruption_kind::terminate) {
            ++terminations_;
            auto const how = other.stop(25s);
            if (!how || how->code != 0)
                trouble_.push_back("another gateway does not end well of SIGTERM");
        } else {
            ++kills_;
        }
        other.kill();
        other.start();
    }

    // Every connection ends, or the server does, or is away for a while, or its answers are lost.
    void disturb_the_database() {
        ++disturbances_;
        switch (random_.below(5)) {
        case 0:
            postgres_client(postgres_url())
                .run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> "
                     "pg_backend_pid() "
                     "AND backend_type = 'client backend'");
            break;
        case 1:
            tell_server({"stop", "immediate"});
            tell_server({"again"});
            break;
        case 2:
            tell_server({"stop", "fast"});
            std::this_thread::sleep_for(1s);
            tell_server({"again"});
            break;
        default:
            proxy_->lose_answers();
            std::this_thread::sleep_for(milliseconds(random_.between(5, 200)));
            proxy_->cut();
            break;
        }
    }

    void interrupt_the_first(interruption const& i) {
        std::string how = "after kill -9";
        if (i.kind == interruption_kind::kill) {
            system_.kill_gateway();
            ++kills_;
        } else {
            how = "after SIGTERM";
            terminate();
        }
        after_an_end(how + " at " + std::to_string(i.at.count()) + " ms", i.seed, i.torn);
        failpoint_ = i.failpoint;
        start();
    }

    // It drains, and ends by itself, with 0.
    void terminate() {
        ++terminations_;
        auto const how = system_.stop_gateway(25s);
        bool const struck = how && how->signal == SIGKILL && !failpoint_.empty();
        if (struck)
            ++struck_;
        else if (!how)
            trouble_.push_back("it does not end of SIGTERM");
        else if (how->code != 0)
            trouble_.push_back("it ends of SIGTERM with " + describe(*how));
        system_.kill_gateway();
    }

    void look_after_the_others() {
        for (auto& each : others_)
            if (auto const how = each.program().wait(0ms)) {
                trouble_.push_back(
                    "another gateway ended by itself: " + describe(*how) + ": " + tail(each.logs(), 600)
                );
                each.kill();
                each.start();
            }
    }

    // Measures it; starts it again when it has ended without being asked.
    void look_after_it() {
        auto& gateway = system_.gateway();
        if (auto const how = gateway.wait(0ms)) {
            if (how->signal == SIGKILL && !failpoint_.empty())
                ++struck_;
            else
                trouble_.push_back(
                    "it ended by itself: " + describe(*how) + ": " + tail(system_.logs(), 600)
                );
            failpoint_.clear();
            after_an_end("after an end of its own", random_.next(), random_.percent(50));
            start();
            return;
        }
        memory_ = std::max<std::uint64_t>(memory_, gateway.rss_bytes());
        files_ = std::max<std::uint64_t>(files_, gateway.open_files());
        std::error_code ec;
        auto const size = std::filesystem::file_size(database_file() + "-wal", ec);
        if (!ec)
            log_ = std::max<std::uint64_t>(log_, size);
    }

    // This gateway has the store open no more. Whatever was told to anybody must be in it.
    void after_an_end(std::string const& when, std::uint64_t seed, bool torn) {
        if (proxy_)
            system_.kill_gateway(); // it has ended; what it had sent ends too
        if (plan_.options.power_loss)
            taken_back_ +=
                cut_power(database_file(), torn ? std::optional<std::uint64_t>(seed) : std::nullopt).writes;
        snapshot s;
        s.acknowledged = seen_.acknowledged(); // before the store is read, like the ledger
        read_ledger(system_.control(), s);
        read_store(system_.store(), s);
        for (auto const& u : s.unread)
            unread_.push_back(when + ": " + u);
        if (!s.unread.empty())
            return;
        for (auto const& v : check_durable(s))
            found_.push_back({v.invariant, when + ": " + v.what});
    }

    // ---- the calm ---------------------------------------------------------------------------------------

    void calm_down() {
        auto const control = system_.control();
        weather fine;
        fine.faults = R"({"rules":[]})";
        fine.refunds = R"({"settle":"10ms","refund_status":"SUCCESS"})";
        set_weather(fine);
        control.del("/control/faults");
        shop_hooks_.behave_well();
        rival_hooks_.behave_well();
        if (!failpoint_.empty()) {
            terminate();
            after_an_end("after the storm", random_.next(), random_.percent(50));
            failpoint_.clear();
            start();
        }
    }

    // What has not come to its end.
    std::vector<std::string> left() const {
        snapshot s;
        read_ledger(system_.control(), s);
        read_store(system_.store(), s);
        std::vector<std::string> all = s.unread;
        std::map<std::string, std::string> states;
        for (auto const& o : s.orders)
            states[o.out_trade_no] = o.trade_state;
        for (auto const& o : s.wechat_orders) {
            auto const& here = states[o.out_trade_no];
            bool const paid = o.trade_state == "SUCCESS" || o.trade_state == "REFUND";
            if (paid && here != "SUCCESS" && here != "REFUND")
                all.push_back(
                    o.out_trade_no + " is paid, and " + (here.empty() ? "not there" : here) + " here"
                );
        }
        for (auto const& r : s.refunds)
            if (r.refund_status == "APPROVED" || r.refund_status == "PROCESSING")
                all.push_back("the refund " + r.out_refund_no + " is " + r.refund_status);
        for (auto const& m : s.outbox)
            if (m.state == "pending")
                all.push_back(m.type + " about " + m.out_trade_no + " is not delivered");
        return all;
    }

    void wait_for_the_end() {
        auto const begin = steady::now();
        std::vector<std::string> rest;
        auto const done = [&] {
            look_after_it();
            std::this_thread::sleep_for(250ms);
            rest = left();
            return rest.empty();
        };
        if (!eventually(drain_, done))
            trouble_.push_back(
                "not everything has ended " + std::to_string(drain_.count()) +
                " ms after the storm: " + listed(rest)
            );
        drained_in_ = std::chrono::duration_cast<milliseconds>(steady::now() - begin);
    }

    // ---- the end ----------------------------------------------------------------------------------------

    storm_result conclude(bool whole) {
        snapshot s;
        try {
            s.leaks = system_.leaked();
        } catch (std::exception const& e) {
            s.unread.push_back(std::string("where secrets may be: ") + e.what());
        }
        if (system_.gateway().alive())
            terminate();
        for (auto& each : others_) {
            auto const how = each.stop(25s);
            if (!how || how->code != 0)
                trouble_.push_back("another gateway does not end well of SIGTERM");
        }
        s.acknowledged = seen_.acknowledged();
        s.trespasses = seen_.trespasses();
        read_ledger(system_.control(), s);
        read_store(system_.store(), s);
        try {
            calls_.look(system_.control(), 2000);
        } catch (std::exception const& e) {
            s.unread.push_back(e.what());
        }
        if (calls_.has_gaps())
            s.unread.emplace_back("the sandbox forgot some calls before they were read");
        s.calls = calls_.calls();
        read_receiver(shop_hooks_, "shop", s);
        read_receiver(rival_hooks_, "rival", s);
        s.listening = {"shop", "rival"};
        for (auto const& m : system_.config().merchants)
            s.owner[m.name] = m.mch_id;
        s.measures = {
            {"resident bytes", memory_, memory_is_measured ? most_memory : 0},
            {"open files", files_, most_files},
            {"bytes of the write-ahead log", log_, most_log}};
        s.trouble = trouble_;
        for (auto& t : seen_.trouble())
            s.trouble.push_back(std::move(t));
        s.unread.insert(s.unread.end(), unread_.begin(), unread_.end());
        return judged(s, whole);
    }

    storm_result judged(snapshot const& s, bool whole) const {
        storm_result r;
        r.unread = s.unread;
        r.violations = found_;
        if (whole) {
            for (auto& v : check(s))
                r.violations.push_back(std::move(v));
        } else { // what had not ended proves nothing by being where it is
            for (auto& v : check_durable(s))
                r.violations.push_back(std::move(v));
            for (auto const& t : s.trouble)
                r.violations.push_back({"run", t});
        }
        r.said = judge(s, r.violations);
        auto const number = [](auto n) { return std::to_string(n); };
        r.account = number(s.orders.size()) + " orders, " + number(s.refunds.size()) + " refunds, " +
                    number(s.events.size()) + " events, " + number(s.outbox.size()) + " messages, " +
                    number(s.anomalies.size()) + " anomalies, " + number(s.calls.size()) +
                    " calls of WeChat, " + number(s.received.size()) + " deliveries; " + number(kills_) +
                    " kill -9, " + number(struck_) + " by failpoints, " + number(terminations_) +
                    " SIGTERM, " + number(disturbances_) + " disturbances of the database, " +
                    number(taken_back_) + " unsynced writes taken back; " + number(memory_ >> 20U) +
                    " MiB, " + number(files_) + " files, log of " + number(log_ >> 10U) +
                    " KiB; drained in " + number(drained_in_.count()) + " ms\n" + seen_.account();
        r.log = tail(system_.logs(), 4000);
        return r;
    }

    plan const& plan_;
    milliseconds drain_;
    dice random_; // for what is not planned
    std::string failpoint_;
    webhook_receiver shop_hooks_;
    webhook_receiver rival_hooks_;
    std::unique_ptr<store_proxy> proxy_; // null: SQLite
    system_under_test system_;
    std::list<gateway_beside> others_;
    call_log calls_;
    record seen_;
    std::atomic<bool> stopping_{false};

    std::vector<violation> found_; // after each crash
    std::vector<std::string> trouble_;
    std::vector<std::string> unread_;
    std::uint64_t memory_ = 0;
    std::uint64_t files_ = 0;
    std::uint64_t log_ = 0;
    std::size_t taken_back_ = 0;
    int kills_ = 0;
    std::size_t interrupted_ = 0;
    int disturbances_ = 0;
    int struck_ = 0;
    int terminations_ = 0;
    milliseconds drained_in_{0};
};

} // namespace

storm_result run_storm(plan const& p, milliseconds drain) {
    storm s(p, drain);
    return s.run();
}

} // namespace wxgate::test
