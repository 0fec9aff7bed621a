# Each bench also runs tiny under ctest, so that it keeps working.
add_executable(io_bench io_bench.cc)
target_link_libraries(io_bench PRIVATE argent_storage benchmark::benchmark)
add_executable(catalog_bench catalog_bench.cc)
target_link_libraries(catalog_bench PRIVATE argent_storage benchmark::benchmark)
if(BUILD_TESTING)
  add_test(NAME io_bench_smoke COMMAND io_bench --benchmark_min_time=0.001 --benchmark_filter=LoneCommit|GroupCommit/layout:1/writes:8)
  add_test(NAME catalog_bench_smoke COMMAND catalog_bench --benchmark_min_time=0.001 --benchmark_filter=Commit/4)
endif()
