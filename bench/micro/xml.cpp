// The verb `xml`: decoding and encoding WeChat's messages, beside libraries that do the same.
#include "micro/measure.hpp"
#include "micro/messages.hpp"
#include "micro/xml_contestants.hpp"
#include "report/layout.hpp"

#include <wxgate/fields.hpp>

#include <boost/version.hpp>

#include <libxml/xmlversion.h>
#include <pugixml.hpp>

#include <cmath>
#include <stdexcept>

namespace wxgate::bench {

namespace {

using contestants = std::vector<std::unique_ptr<xml_contestant>>;

constexpr std::string_view judged = "notification";

enum class direction { decode, encode };

std::string version_of_pugixml() { // 1130 is 1.13
    return std::to_string(PUGIXML_VERSION / 1000) + "." + std::to_string(PUGIXML_VERSION % 1000 / 10);
}

// All read the same from the document, and what each writes says the same, or nothing is measured.
void check(sample_document const& d, contestants const& all) {
    for (auto const& c : all) {
        c->decode(d.text);
        if (c->decoded() != d.list)
            throw std::runtime_error(std::string(c->name()) + " reads another list from " + d.name);
        c->take(d.list);
        fields again;
        if (decode_xml(c->encode(), again).failed() || to_name_values(again) != d.list)
            throw std::runtime_error(std::string(c->name()) + " writes another list than " + d.name);
    }
}

std::vector<contestant> entries(sample_document const& d, contestants const& all, direction to) {
    std::vector<contestant> list;
    for (auto const& c : all) {
        xml_contestant& one = *c;
        if (to == direction::decode)
            list.push_back(repeated(one.name(), [&one, &d] { // keeps what it read, so nothing can be left out
                one.decode(d.text);
                keep(one);
            }));
        else
            list.push_back(repeated(one.name(), [&one] {
                auto const text = one.encode();
                keep(text);
            }));
    }
    return list;
}

// ---- what is told ---------------------------------------------------------------------------------

std::string title_of(sample_document const& d, direction to) {
    std::string title = to == direction::decode ? "Decode " : "Encode ";
    title += d.name + ": " + std::to_string(d.list.size()) + " fields";
    if (to == direction::decode)
        title += ", " + show(static_cast<double>(d.text.size())) + " bytes";
    return title;
}

// "pugixml", "wxgate_then_as_strings".
std::string figure_key(std::string const& name) {
    std::string key;
    for (char const c : name)
        if (c == ' ')
            key += '_';
        else if (c != ',')
            key += c;
    return key;
}

void tell(
    sample_document const& d,
    direction to,
    std::vector<timing> const& t,
    std::vector<std::size_t> const& bytes,
    report& r
) {
    double const base = t[ours].ns;
    std::string const key = (to == direction::decode ? "xml.decode." : "xml.encode.") + d.key + ".";
    table results;
    results.title = title_of(d, to);
    results.columns = {"", "time", "/ wxgate", "bytes", "MB/s", "blocks"};
    for (std::size_t i = 0; i < t.size(); ++i) {
        auto const size = static_cast<double>(bytes[i]);
        double const mb_per_s = size / t[i].ns * 1000;
        results.rows.push_back({
            t[i].name,
            show(std::round(t[i].ns), "ns"),
            show(t[i].ns / base, "×"),
            show(size),
            show(std::round(mb_per_s)),
            show_blocks(t[i].blocks),
        });
        std::string const own = key + figure_key(t[i].name);
        r.figures.push_back({own, t[i].ns, "ns"});
        r.figures.push_back({own + ".ratio", t[i].ns / base, "×"});
        r.figures.push_back({own + ".throughput", mb_per_s, "MB/s"});
        r.figures.push_back({own + ".blocks", t[i].blocks, "blocks"});
    }
    r.tables.push_back(std::move(results));
}

void judge(std::vector<timing> const& t, report& r) {
    constexpr std::pair<xml_rank, double> demands[] = {{with_pugixml, 3}, {with_property_tree, 15}};
    for (auto const& [rank, least] : demands) {
        verdict v;
        v.name = "decode a notification: " + t[rank].name + "'s time / ours";
        v.value = t[rank].ns / t[ours].ns;
        v.unit = "×";
        v.demanded = least;
        r.verdicts.push_back(std::move(v));
    }
    verdict blocks;
    blocks.name = "decode a notification: our blocks from the heap";
    blocks.value = t[ours].blocks;
    blocks.at_least = false;
    r.verdicts.push_back(std::move(blocks));
}

// ---- the verb -------------------------------------------------------------------------------------

void race(sample_document const& d, direction to, measure_plan const& plan, double share, report& r) {
    contestants all = xml_contestants();
    check(d, all);
    if (to == direction::encode)
        all.erase(all.begin() + ours_as_strings); // it encodes as we do anyhow
    std::vector<std::size_t> bytes;
    for (auto const& c : all)
        bytes.push_back(to == direction::decode ? d.text.size() : c->encode().size());
    auto const timings = measure(entries(d, all, to), plan, share);
    tell(d, to, timings, bytes, r);
    if (to == direction::decode && d.key == judged)
        judge(timings, r);
}

void options(boost::program_options::options_description& to) {
    add_measure_options(to);
}

report run(boost::program_options::variables_map const& with) {
    auto const plan = read_measure_plan(with);
    report r;
    r.configuration = {
        {"seconds", show(std::chrono::duration<double>(plan.total).count())},
        {"rounds", std::to_string(plan.rounds)},
        {"pugixml", version_of_pugixml()},
        {"libxml2", LIBXML_DOTTED_VERSION},
        {"PropertyTree", "Boost " BOOST_LIB_VERSION},
        {"measured", "CPU time of the thread, the median of the rounds"},
        {"decoded to",
         "wxgate: its list, which owns its text; the others, from their trees: pairs of strings, used "
         "again; \"then as strings\": our list, copied to such pairs"},
    };
    auto const documents = sample_documents();
    double const share = 1 / static_cast<double>(2 * documents.size());
    for (direction const to : {direction::decode, direction::encode})
        for (sample_document const& d : documents)
            race(d, to, plan, share, r);
    return r;
}

} // namespace

verb const xml_verb = {"xml", "reading and writing WeChat's XML, beside other libraries", &options, &run};

} // namespace wxgate::bench
