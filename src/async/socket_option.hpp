// A socket option that is a number, in Asio's public terms; asio::detail has one, but it is not ours to use.
#pragma once

#include <cstddef>

namespace wxgate {

template <int Level, int Name>
struct socket_option {
    int value;

    template <class P>
    int level(P const&) const {
        return Level;
    }

    template <class P>
    int name(P const&) const {
        return Name;
    }

    template <class P>
    void const* data(P const&) const {
        return &value;
    }

    template <class P>
    std::size_t size(P const&) const {
        return sizeof value;
    }
};

} // namespace wxgate
