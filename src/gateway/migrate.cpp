// The verb `wxgate migrate`.
#include "gateway/gateway.hpp"
#include "ledger/schema.hpp"
#include "store/store.hpp"

#include <cstdio>

namespace wxgate::gateway {

void migrate(settings const& s) {
    store::store_options options;
    options.url = s.store_url;
    options.migrations = ledger::migrations();
    store::open(std::move(options))->close();
    std::printf(
        "%s: the schema has version %zu\n",
        store::display_name(s.store_url).c_str(),
        ledger::migrations().size()
    );
}

} // namespace wxgate::gateway
