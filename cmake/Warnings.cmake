add_library(armature_warnings INTERFACE)
target_compile_options(armature_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own std::stable_sort calls what it deprecates.
  target_compile_options(armature_warnings INTERFACE -Wno-deprecated-declarations)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 on std::string and coroutine frames, with sanitizers or with -O2.
  target_compile_options(armature_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer
    $<$<CONFIG:Release,RelWithDebInfo>:-Wno-stringop-overread>)
endif()
