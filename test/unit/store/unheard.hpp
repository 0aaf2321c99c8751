// A batch that nobody waits for.
#pragma once

#include "store/job.hpp"

#include <boost/asio/system_executor.hpp>

#include <memory>

namespace wxgate::store::test {

class unheard final : public job {
public:
    using job::job;

    asio::any_io_executor executor() const override { return asio::system_executor(); }

    void complete(std::unique_ptr<job> self) override { self.reset(); }
};

} // namespace wxgate::store::test
