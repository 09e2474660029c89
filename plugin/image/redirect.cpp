// SPDX-License-Identifier: Apache-2.0
#include "redirect.hpp"

#include "../error.hpp"
#include "../host_name.hpp"
#include "refuse.hpp"

#include <curl/curl.h>

#include <memory>
#include <strings.h>

namespace mdocker::image {
namespace {

class Url {
public:
  Url() : url_(curl_url(), &curl_url_cleanup) {}

  /// False where it is no URL; a relative one is taken in relation to the one before.
  bool set(const std::string &text) {
    return url_ && curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  }
  [[nodiscard]] std::string part(CURLUPart which) const {
    char *text = nullptr;
    if (curl_url_get(url_.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
      return {};
    const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
    return text;
  }

private:
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url_;
};

[[noreturn]] void refuse_redirect(const std::string &location, const std::string &why) {
  throw Error(Kind::unavailable, "cannot load the image: the image service redirects to " +
                                     shown(location) + ": " + why)
      .in_phase("download")
      .that_may_be_retried(false);
}

} // namespace

std::string follow_redirect(Target &target, const std::string &path, const std::string &location) {
  Url url;
  const bool v6 = target.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + target.host + "]" : target.host;
  if (!url.set(target.scheme + "://" + host + ":" + std::to_string(target.port) + path))
    refuse_redirect(location, "that is no URL");
  const std::string own_host = url.part(CURLUPART_HOST); // as libcurl writes an address
  if (!url.set(location))
    refuse_redirect(location, "that is no URL");
  const std::string scheme = url.part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    refuse_redirect(location, "expected http or https");
  if (strcasecmp(url.part(CURLUPART_HOST).c_str(), own_host.c_str()) != 0)
    refuse_redirect(location, "that is another host than " + target.host);
  if (target.scheme == "https" && scheme != "https")
    refuse_redirect(location, "that gives up TLS");
  const auto port = port_number(url.part(CURLUPART_PORT));
  if (!port)
    refuse_redirect(location, "the port is no number from 1 to 65535");
  target.port = *port;
  target.scheme = scheme;
  const std::string query = url.part(CURLUPART_QUERY);
  return url.part(CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
}

} // namespace mdocker::image
