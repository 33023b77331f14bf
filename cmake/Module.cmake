# armature_module(<room> LAYER <n> [DEPS <lower rooms>] [LIBS <libraries>])
#
# The room's one build line: a static library of every .cc below the room's folder, and a test
# program of every _test.cc. A room may list lower layers only; scripts/check_rooms.py reads the
# same line and refuses an include of a room that is not listed.
function(armature_module name)
  cmake_parse_arguments(M "" "LAYER" "DEPS;LIBS" ${ARGN})
  set_property(GLOBAL PROPERTY armature_layer_${name} ${M_LAYER})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc *.h)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  add_library(armature_${name} STATIC ${sources})
  set_target_properties(armature_${name} PROPERTIES LINKER_LANGUAGE CXX)
  add_library(armature::${name} ALIAS armature_${name})
  target_include_directories(armature_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(armature_${name} PUBLIC ${M_LIBS} PRIVATE armature_warnings)
  armature_precompile(armature_${name})
  foreach(dep IN LISTS M_DEPS)
    get_property(below GLOBAL PROPERTY armature_layer_${dep})
    if(NOT below LESS M_LAYER)
      message(FATAL_ERROR "${name} (layer ${M_LAYER}) may not use ${dep} (layer ${below})")
    endif()
    target_link_libraries(armature_${name} PUBLIC armature::${dep})
  endforeach()
  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE armature::${name} armature_warnings GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
      ARMATURE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    armature_precompile(${name}_test)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
endfunction()

# What nearly every file includes is compiled once, with the base room, and used by all.
function(armature_precompile target)
  if(NOT ARMATURE_PRECOMPILE)
    return()
  elseif(target STREQUAL armature_base)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <chrono> <functional> <map> <memory> <mutex> <optional> <string> <string_view> <vector>
      <boost/json/array.hpp> <boost/json/object.hpp> <boost/json/value.hpp> <fmt/format.h>)
  else()
    target_precompile_headers(${target} REUSE_FROM armature_base)
  endif()
endfunction()
