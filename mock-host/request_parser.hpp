// SPDX-License-Identifier: Apache-2.0
//
// Reads one HTTP request; keeps of its head what this server looks at, and the body.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <string>

namespace mistify::mock_host {

class RequestParser : public boost::beast::http::basic_parser<true> {
public:
  RequestParser(std::size_t header_limit, std::size_t body_limit);

  /// Feeds bytes; says how many were used. need_more, or an error that ends the connection.
  std::size_t feed(const char *data, std::size_t size, boost::beast::error_code &failed);

  /// What is wrong with a head that is well-formed, with the status to say so. Call once the head
  /// is complete.
  struct Fault {
    unsigned status = 0; ///< 0: nothing is wrong.
    std::string text;
  };
  [[nodiscard]] Fault fault() const;

  [[nodiscard]] const std::string &method() const noexcept { return method_; }
  [[nodiscard]] std::string path() const;
  /// NAME or NAME:PORT: of the target where it has one, else of the Host header; empty without
  /// both.
  [[nodiscard]] std::string host() const;
  [[nodiscard]] const std::string &content_type() const noexcept { return content_type_; }
  /// Several of one header are one value with commas, as for all lists in HTTP.
  [[nodiscard]] const std::string &origin() const noexcept { return origin_; }
  [[nodiscard]] const std::string &authorization() const noexcept { return authorization_; }
  [[nodiscard]] const std::string &request_id() const noexcept { return request_id_; }
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
  [[nodiscard]] bool is_http_1_1() const noexcept { return version_ == 11; }
  std::string take_body() noexcept { return std::move(body_); }

private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb verb, string_view method, string_view target,
                       int version, error_code &failed) override;
  void on_response_impl(int, string_view, int, error_code &) override {}
  void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value,
                     error_code &failed) override;
  void on_header_impl(error_code &failed) override;
  void on_body_init_impl(const boost::optional<std::uint64_t> &length, error_code &failed) override;
  std::size_t on_body_impl(string_view data, error_code &failed) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code &) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view data,
                                 error_code &failed) override;
  void on_finish_impl(error_code &) override {}

  std::size_t header_limit_;
  std::size_t header_used_ = 0;
  std::string method_;
  std::string target_;
  std::string host_;
  std::string content_type_;
  std::string origin_;
  std::string authorization_;
  std::string request_id_;
  std::string transfer_encoding_;
  std::string expect_;
  std::string body_;
  unsigned hosts_ = 0;
  unsigned content_lengths_ = 0;
  int version_ = 0;
  bool expects_continue_ = false;
};

} // namespace mistify::mock_host
