// Asio's compiled sources. They, those of its TLS and Beast's are a file each, so that a program which links
// the client library statically and brings some of them itself has none twice.
//
// Here with what Asio calls deprecated, and so without the precompiled header: a program that embeds the
// library and does not define BOOST_ASIO_NO_DEPRECATED calls asio_handler_allocate() for its memory, and
// links this one; with the macro it is a function that gives none (handler_alloc_hook.ipp). Ours never call
// it.
#undef BOOST_ASIO_NO_DEPRECATED
#include <boost/asio/impl/src.hpp>
