# The flags every target of the project is built with. Options are set by CMakePresets.json.

set(DBREPL_SANITIZE "" CACHE STRING "Value of -fsanitize= for everything (empty: none)")
option(DBREPL_FUZZ "Link the fuzz targets with libFuzzer (clang only)" OFF)
option(DBREPL_TIDY "Run clang-tidy on every source" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # With -O2, g++ 12 sees uninitialised members in every std::variant that is moved: false alarms.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety)
endif()
add_compile_definitions(_GNU_SOURCE)
include_directories(${CMAKE_SOURCE_DIR})

# Debug is what developers and CI build all day: cheap to compile, backtraces with lines, library assertions on.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

if(DBREPL_SANITIZE)
  add_compile_options(-fsanitize=${DBREPL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DBREPL_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/sanitizer_ignore.txt)
  endif()
endif()
if(DBREPL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(DBREPL_TIDY)
  set(CMAKE_CXX_CLANG_TIDY clang-tidy;--quiet)
endif()

find_program(DBREPL_CCACHE ccache)
if(DBREPL_CCACHE AND NOT DBREPL_TIDY)
  # A clone in another folder finds what was compiled in this one.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${DBREPL_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
