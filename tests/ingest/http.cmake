argent_test(http_test
  SOURCES
    http_head_test.cc
    http_server_test.cc
  LIBRARIES argent_http)
