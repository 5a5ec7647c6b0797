# The list of rooms stands in one file, which the lints read too.
set(INGOT_ROOMS_FILE ${CMAKE_SOURCE_DIR}/tests/lint/rooms)
file(STRINGS ${INGOT_ROOMS_FILE} INGOT_ROOMS REGEX "^[a-z]")
list(TRANSFORM INGOT_ROOMS REPLACE " .*" "")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${INGOT_ROOMS_FILE})

# ingot_room(NAME SOURCES file... [NEEDS room...] [LIBRARIES target...] [LOADS prefix...])
# A room is a static library; NEEDS repeats the arrows of docs/architecture.md. What it LOADS
# (io/library.h) gives it headers only.
function(ingot_room name)
    cmake_parse_arguments(R "" "" "SOURCES;NEEDS;LIBRARIES;LOADS" ${ARGN})
    add_library(ingot_${name} STATIC ${R_SOURCES})
    target_include_directories(ingot_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    foreach(need ${R_NEEDS})
        target_link_libraries(ingot_${name} PUBLIC ingot_${need})
    endforeach()
    target_link_libraries(ingot_${name} PRIVATE ${R_LIBRARIES})
    foreach(prefix ${R_LOADS})
        target_include_directories(ingot_${name} SYSTEM PRIVATE ${${prefix}_INCLUDE_DIRS})
        target_compile_options(ingot_${name} PRIVATE ${${prefix}_CFLAGS_OTHER})
    endforeach()
endfunction()

# ingot_unit_test(ROOM file...) - Criterion tests of one room: build/unit_ROOM.
function(ingot_unit_test room)
    add_executable(unit_${room} ${ARGN})
    target_link_libraries(unit_${room} PRIVATE ingot_${room} criterion)
    target_include_directories(unit_${room} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_compile_definitions(unit_${room} PRIVATE
        TEST_DATA="${CMAKE_SOURCE_DIR}/tests")
    add_test(NAME unit.${room} COMMAND unit_${room})
endfunction()
