# fedasio_floor(NAME SOURCES ... USES ... PRIVATE_USES ...) defines the library fedasio::NAME of one floor.
function(fedasio_floor name)
  cmake_parse_arguments(PARSE_ARGV 1 floor "" "" "SOURCES;USES;PRIVATE_USES")
  add_library(fedasio_${name} STATIC ${floor_SOURCES})
  add_library(fedasio::${name} ALIAS fedasio_${name})
  set_target_properties(fedasio_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(fedasio_${name} PUBLIC cxx_std_20)
  target_include_directories(fedasio_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_include_directories(fedasio_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(fedasio_${name} PUBLIC ${floor_USES}
    PRIVATE ${floor_PRIVATE_USES} $<BUILD_INTERFACE:fedasio_flags>)
  set_property(GLOBAL APPEND PROPERTY FEDASIO_FLOORS fedasio_${name})
endfunction()
