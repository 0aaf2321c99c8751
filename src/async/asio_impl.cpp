// Asio's compiled sources. They, those of its TLS and Beast's are a file each, so that a program which links
// the client library statically and brings some of them itself has none twice.
#include <boost/asio/impl/src.hpp>
