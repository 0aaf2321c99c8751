# Writes a .cpp that holds files and defines wxgate::console::assets().
#
#     cmake -D OUT=FILE.cpp -D "FILES=PATH|FILE;…" -P embed.cmake
#
# PATH is what the file is asked for by; index.html's is its folder's.
set(arrays "")
set(rows "")
set(number 0)
foreach(entry IN LISTS FILES)
    string(REGEX MATCH "^([^|]*)\\|(.*)$" ignored "${entry}")
    set(path ${CMAKE_MATCH_1})
    set(file ${CMAKE_MATCH_2})
    if(file MATCHES "\\.html$")
        set(type "text/html; charset=utf-8")
    elseif(file MATCHES "\\.css$")
        set(type "text/css; charset=utf-8")
    elseif(file MATCHES "\\.js$")
        set(type "text/javascript; charset=utf-8")
    elseif(file MATCHES "\\.svg$")
        set(type "image/svg+xml")
    else()
        message(FATAL_ERROR "${file}: no content type is known for it")
    endif()
    string(REGEX REPLACE "/index\\.html$" "/" path "${path}")
    file(SHA256 ${file} digest)
    string(SUBSTRING ${digest} 0 32 digest)
    file(READ ${file} bytes HEX)
    string(LENGTH "${bytes}" length)
    math(EXPR length "${length} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND arrays "constexpr unsigned char file_${number}[] = {${bytes}};\n")
    string(APPEND rows "    {\"${path}\", \"${type}\", \"\\\"${digest}\\\"\", view(file_${number}, ${length})},\n")
    math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT} "// Made by src/console/embed.cmake.
#include \"console/assets.hpp\"

namespace wxgate::console {

namespace {

${arrays}
std::string_view view(unsigned char const* bytes, std::size_t size) {
    return {reinterpret_cast<char const*>(bytes), size};
}

} // namespace

std::span<asset const> assets() {
    static asset const all[] = {
${rows}    };
    return all;
}

} // namespace wxgate::console
")
