# How the project declares its targets, so that every CMakeLists.txt is a list of names.

include(GoogleTest)

# dbrepl_library(ring SOURCES ring.cc ... DEPS common [FOREIGN ZLIB::ZLIB])
# One static library per folder. DEPS are folders of ours (public: their headers are seen through ours);
# FOREIGN are libraries whose headers only our .cc files include.
function(dbrepl_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;FOREIGN" ${ARGN})
  add_library(dbrepl_${folder} STATIC ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPS PREPEND dbrepl_)
  target_link_libraries(dbrepl_${folder} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_FOREIGN})
endfunction()

# dbrepl_program(get-nodes SOURCES get_nodes_main.cc ... DEPS ring daemons)
# The target `programs` is all of them, without the tests.
function(dbrepl_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;FOREIGN" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPS PREPEND dbrepl_)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_FOREIGN})
  if(NOT TARGET programs)
    add_custom_target(programs)
  endif()
  add_dependencies(programs ${name})
endfunction()

# dbrepl_unit_test(ring SOURCES ring_test.cc ... DEPS ring): GoogleTest program unit_<name>, one ctest entry per TEST.
function(dbrepl_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;FOREIGN" ${ARGN})
  add_executable(unit_${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPS PREPEND dbrepl_)
  target_link_libraries(unit_${name} PRIVATE ${ARG_DEPS} ${ARG_FOREIGN} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(unit_${name} TEST_PREFIX "unit.${name}." PROPERTIES LABELS unit TIMEOUT 120
                       DISCOVERY_TIMEOUT 60)
endfunction()

# dbrepl_script_test(NAME interop.ring LABEL interop SCRIPT ring_test.py [ARGS ...] [TIMEOUT s] [SERIAL])
# A Python script run by Debian's interpreter (the one that sees python3-swift). DBREPL_BIN is the folder of the
# programs just built, DBREPL_SOURCE the root of the tree; exit code 0 passes. SERIAL: never beside another test.
function(dbrepl_script_test)
  cmake_parse_arguments(ARG "SERIAL" "NAME;LABEL;SCRIPT;TIMEOUT" "ARGS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_test(NAME ${ARG_NAME} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SCRIPT} ${ARG_ARGS})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "DBREPL_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};DBREPL_SOURCE=${CMAKE_SOURCE_DIR};DBREPL_SANITIZE=${DBREPL_SANITIZE};PYTHONPATH=${CMAKE_SOURCE_DIR}/tests;PYTHONDONTWRITEBYTECODE=1;TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.suppressions")
  if(ARG_SERIAL)
    set_tests_properties(${ARG_NAME} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()

# dbrepl_fuzz_target(ring_file SOURCES ring_file_fuzz.cc DEPS ring [RUNS n]): program fuzz_<name>.
# Preset `fuzz`: a libFuzzer binary. Elsewhere: the same function behind a small driver that replays the corpus
# tests/fuzz/corpus/<name>/ and RUNS (20000) seeded mutations of it; that run is the ctest entry fuzz-smoke.<name>.
function(dbrepl_fuzz_target name)
  cmake_parse_arguments(ARG "" "RUNS" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_RUNS)
    set(ARG_RUNS 20000)
  endif()
  list(TRANSFORM ARG_DEPS PREPEND dbrepl_)
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  if(DBREPL_FUZZ)
    add_executable(fuzz_${name} ${ARG_SOURCES})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz-smoke.${name} COMMAND fuzz_${name} -runs=${ARG_RUNS} -max_total_time=20 -max_len=65536
             ${CMAKE_BINARY_DIR}/corpus/${name} ${corpus})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/corpus/${name})
  else()
    add_executable(fuzz_${name} ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME fuzz-smoke.${name} COMMAND fuzz_${name} ${corpus} ${ARG_RUNS})
  endif()
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPS})
  set_tests_properties(fuzz-smoke.${name} PROPERTIES LABELS fuzz-smoke TIMEOUT 120)
endfunction()
