#include "micro/xml_contestants.hpp"

#include "micro/allocations.hpp"
#include "micro/text_list.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>
#include <pugixml.hpp>

#include <istream>
#include <sstream>
#include <stdexcept>
#include <streambuf>

namespace wxgate::bench {

namespace {

[[noreturn]] void refused(char const* by) {
    throw std::runtime_error(std::string(by) + " does not take the document");
}

// ---- wxgate ----

class wxgate_xml : public xml_contestant {
public:
    char const* name() const noexcept override { return "wxgate"; }

    void decode(std::string_view document) override {
        if (decode_xml(document, message_).failed())
            refused(name());
    }

    name_values decoded() const override { return to_name_values(message_); }

    void take(name_values const& list) override { message_ = to_fields(list); }

    std::string_view encode() override {
        out_.clear();
        encode_xml(message_, out_);
        return out_;
    }

protected:
    fields const& message() const noexcept { return message_; }

private:
    fields message_;
    std::string out_;
};

class wxgate_as_strings final : public wxgate_xml {
public:
    char const* name() const noexcept override { return "wxgate, then as strings"; }

    void decode(std::string_view document) override {
        wxgate_xml::decode(document);
        list_.clear();
        for (std::size_t i = 0; i < message().size(); ++i) {
            field const f = message()[i];
            list_.add(f.name).assign(f.value);
        }
    }

    name_values decoded() const override { return list_.copy(); }

private:
    text_list list_;
};

// ---- pugixml: its tree, in the default mode ----

class pugixml_xml final : public xml_contestant {
public:
    char const* name() const noexcept override { return "pugixml"; }

    void decode(std::string_view document) override {
        auto const read =
            document_.load_buffer(document.data(), document.size(), pugi::parse_default, pugi::encoding_utf8);
        if (!read)
            refused(name());
        list_.clear();
        for (pugi::xml_node e = document_.document_element().first_child(); e; e = e.next_sibling())
            list_.add(e.name()).assign(e.child_value());
    }

    name_values decoded() const override { return list_.copy(); }

    void take(name_values const& list) override { source_ = list; }

    std::string_view encode() override {
        document_.reset();
        pugi::xml_node root = document_.append_child("xml");
        for (auto const& [name, value] : source_)
            root.append_child(name.c_str()).append_child(pugi::node_cdata).set_value(value.c_str());
        out_.text.clear();
        document_.save(out_, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
        return out_.text;
    }

private:
    struct writer final : pugi::xml_writer {
        std::string text;

        void write(void const* data, std::size_t size) override {
            text.append(static_cast<char const*>(data), size);
        }
    };

    pugi::xml_document document_;
    text_list list_;
    name_values source_;
    writer out_;
};

// ---- libxml2: its tree by a parser that is used again; its text writer into a buffer that is ----

std::string_view text_of(xmlChar const* text) noexcept {
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<char const*>(text));
}

xmlChar const* to_xml(std::string const& text) noexcept {
    return reinterpret_cast<xmlChar const*>(text.c_str());
}

class libxml2_xml final : public xml_contestant {
public:
    char const* name() const noexcept override { return "libxml2"; }

    void decode(std::string_view document) override {
        std::unique_ptr<xmlDoc, release> const read(xmlCtxtReadMemory(
            parser_.get(), document.data(), static_cast<int>(document.size()), nullptr, nullptr, 0
        ));
        if (read == nullptr)
            refused(name());
        list_.clear();
        for (xmlNode const* e = xmlDocGetRootElement(read.get())->children; e != nullptr; e = e->next) {
            if (e->type != XML_ELEMENT_NODE)
                continue;
            std::string& value = list_.add(text_of(e->name));
            for (xmlNode const* piece = e->children; piece != nullptr; piece = piece->next)
                value.append(text_of(piece->content));
        }
    }

    name_values decoded() const override { return list_.copy(); }

    void take(name_values const& list) override { source_ = list; }

    std::string_view encode() override {
        xmlBufferEmpty(buffer_.get());
        xmlTextWriterStartElement(writer_.get(), to_xml(root_));
        for (auto const& [name, value] : source_) {
            xmlTextWriterStartElement(writer_.get(), to_xml(name));
            xmlTextWriterWriteCDATA(writer_.get(), to_xml(value));
            xmlTextWriterEndElement(writer_.get());
        }
        xmlTextWriterEndElement(writer_.get());
        xmlTextWriterFlush(writer_.get());
        auto const* const text = reinterpret_cast<char const*>(xmlBufferContent(buffer_.get()));
        return {text, static_cast<std::size_t>(xmlBufferLength(buffer_.get()))};
    }

private:
    struct release {
        void operator()(xmlDoc* d) const noexcept { xmlFreeDoc(d); }

        void operator()(xmlParserCtxt* c) const noexcept { xmlFreeParserCtxt(c); }

        void operator()(xmlBuffer* b) const noexcept { xmlBufferFree(b); }

        void operator()(xmlTextWriter* w) const noexcept { xmlFreeTextWriter(w); }
    };

    std::unique_ptr<xmlParserCtxt, release> parser_{xmlNewParserCtxt()};
    text_list list_;
    name_values source_;
    std::string const root_ = "xml";
    std::unique_ptr<xmlBuffer, release> buffer_{xmlBufferCreate()};
    std::unique_ptr<xmlTextWriter, release> writer_{xmlNewTextWriterMemory(buffer_.get(), 0)}; // ends first
};

// ---- Boost.PropertyTree, which reads and writes streams ----

class memory_source final : public std::streambuf {
public:
    void set(std::string_view text) {
        char* const begin = const_cast<char*>(text.data()); // only read
        setg(begin, begin, begin + text.size());
    }
};

class property_tree_xml final : public xml_contestant {
public:
    char const* name() const noexcept override { return "PropertyTree"; }

    void decode(std::string_view document) override {
        source_bytes_.set(document);
        in_.clear();
        boost::property_tree::ptree tree;
        boost::property_tree::read_xml(in_, tree);
        list_.clear();
        for (auto const& [name, child] : tree.front().second)
            list_.add(name).assign(child.data());
    }

    name_values decoded() const override { return list_.copy(); }

    void take(name_values const& list) override { source_ = list; }

    std::string_view encode() override {
        using tree = boost::property_tree::ptree;
        tree document;
        tree& root = document.push_back(tree::value_type("xml", tree()))->second;
        for (auto const& [name, value] : source_)
            root.push_back(tree::value_type(name, tree()))->second.data() = value;
        out_.str({});
        boost::property_tree::write_xml(out_, document);
        return out_.view();
    }

private:
    memory_source source_bytes_;
    std::istream in_{&source_bytes_};
    text_list list_;
    name_values source_;
    std::ostringstream out_;
};

// So that the libraries' blocks are counted. Before either of them is used.
void hook_libraries() {
    static bool const done = [] {
        pugi::set_memory_management_functions(&counted_malloc, &counted_free);
        if (xmlMemSetup(&counted_free, &counted_malloc, &counted_realloc, &counted_strdup) != 0)
            throw std::runtime_error("libxml2 does not take our functions");
        xmlInitParser();
        return true;
    }();
    (void)done;
}

} // namespace

std::vector<std::unique_ptr<xml_contestant>> xml_contestants() {
    hook_libraries();
    std::vector<std::unique_ptr<xml_contestant>> list;
    list.push_back(std::make_unique<wxgate_xml>());
    list.push_back(std::make_unique<wxgate_as_strings>());
    list.push_back(std::make_unique<pugixml_xml>());
    list.push_back(std::make_unique<libxml2_xml>());
    list.push_back(std::make_unique<property_tree_xml>());
    return list;
}

} // namespace wxgate::bench
