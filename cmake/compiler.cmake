# Compiler choice and flags for the project's own targets.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++20 coroutines without a warning (temporaries in awaited "
    "calls are destroyed twice). Use clang 16 or newer, or g++ 13 or newer:\n"
    "  cmake --preset release            (uses clang++-19)\n"
    "  cmake -DCMAKE_CXX_COMPILER=clang++-19 ...")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(FEDASIO_CCACHE ccache)
if(FEDASIO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FEDASIO_CCACHE})
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  find_program(FEDASIO_LLD NAMES ld.lld ld.lld-19)
  if(FEDASIO_LLD)
    add_link_options(--ld-path=${FEDASIO_LLD})
  endif()
endif()

add_library(fedasio_flags INTERFACE)
target_compile_options(fedasio_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Wnon-virtual-dtor>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${FEDASIO_WERROR}>>:-Werror>)

if(FEDASIO_MARCH AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(fedasio_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=${FEDASIO_MARCH}>)
endif()

if(FEDASIO_SANITIZE)
  # -fno-sanitize=function: clang reports coroutine resumption through type-erased handlers as a mismatch.
  add_compile_options(-fsanitize=${FEDASIO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g
    $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  add_link_options(-fsanitize=${FEDASIO_SANITIZE})
endif()

if(FEDASIO_FUZZ)
  # Lets a fuzzer see which code its inputs reach; only the fuzzers themselves are linked with libFuzzer's main().
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
