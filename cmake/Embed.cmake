# armature_embed(<target> <file> <symbol>)
#
# Compiles a data file into a room: defines `extern const std::string_view <symbol>` in
# namespace armature::embedded. Made anew when the file changes.
function(armature_embed target file symbol)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cc)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${source} -DSYMBOL=${symbol}
            -P ${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake
    DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake)
  target_sources(${target} PRIVATE ${source})
endfunction()
