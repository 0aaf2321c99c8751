// `wxgate-sandbox --new-certificates DIR`: a certificate authority of the sandbox's own, its server's
// certificate and one merchant's, in the files WeChat names.
#pragma once

#include <filesystem>
#include <string>

namespace wxgate::sandbox {

/// Writes ca.pem, server_cert.pem, server_key.pem, apiclient_cert.pem, apiclient_key.pem and
/// apiclient_cert.p12 (password: `mch_id`) into `folder`, which is made when it is not there. What was there
/// is replaced, each file whole; keys are readable by their owner only. The authority's own key is not kept.
/// Throws std::exception.
void write_new_certificates(std::filesystem::path const& folder, std::string const& mch_id);

/// Writes a file whole or not at all (a new file beside it, then rename). Throws std::system_error.
void write_file(std::filesystem::path const& file, std::string const& text, bool secret);

} // namespace wxgate::sandbox
