// Our reader and writer of WeChat's flat XML, and others that do the same work.
#pragma once

#include "micro/messages.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::bench {

/// One that decodes a document to a list of names and values that it keeps, and encodes a list. It uses its
/// memory again wherever its library lets it.
class xml_contestant {
public:
    xml_contestant() = default;
    xml_contestant(xml_contestant const&) = delete;
    xml_contestant& operator=(xml_contestant const&) = delete;
    virtual ~xml_contestant() = default;

    virtual char const* name() const noexcept = 0;

    /// Throws std::runtime_error for a document that it does not take.
    virtual void decode(std::string_view document) = 0;

    /// What decode() read last.
    virtual name_values decoded() const = 0;

    /// The list that encode() is about, in the form in which its library's user would have it.
    virtual void take(name_values const& list) = 0;

    /// Valid until its next call.
    virtual std::string_view encode() = 0;
};

/// In the figures' and tables' order: ours first.
enum xml_rank : std::size_t { ours, ours_as_strings, with_pugixml, with_libxml2, with_property_tree };

/// One of each, in the order of xml_rank.
///
/// Ours keeps the list as it is made for (`fields`, which owns its text). The others' lists are pairs of
/// strings, whose memory is used again. The second of ours goes on to make that list, too, for whoever needs
/// it.
std::vector<std::unique_ptr<xml_contestant>> xml_contestants();

} // namespace wxgate::bench
