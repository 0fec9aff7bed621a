# Each bench also runs tiny under ctest, so that it keeps working.
foreach(name io_bench catalog_bench)
  add_executable(${name} ${name}.cc)
  target_link_libraries(${name} PRIVATE argent_storage benchmark::benchmark)
endforeach()
if(BUILD_TESTING)
  add_test(NAME io_bench_smoke COMMAND io_bench --benchmark_min_time=0.001 --benchmark_filter=LoneCommit|GroupCommit/layout:1/writes:8)
  add_test(NAME catalog_bench_smoke COMMAND catalog_bench --benchmark_min_time=0.001 --benchmark_filter=Commit/4)
endif()
