# The library, in the forms that its users need:
#
#   gommir_shared    libgommir.so: exports what <gommir/...> declares, nothing else
#   gommir_static    libgommir.a: the same in one object whose internal symbols are local
#   gommir_internal  an archive that keeps internal symbols, for tests and benchmarks
#   gommir_double    the same sources computing in double, without the fast CPU kernels and the
#                    public API that picks them, for the tests that compare gradients with finite
#                    differences
configure_file(${PROJECT_SOURCE_DIR}/include/gommir/version.h.in
    ${PROJECT_BINARY_DIR}/include/gommir/version.h @ONLY)

set(LIB_DIR ${PROJECT_SOURCE_DIR}/lib)
set(PUBLIC_INCLUDE ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)

file(GLOB_RECURSE LIB_SOURCES CONFIGURE_DEPENDS ${LIB_DIR}/*.c)
file(GLOB_RECURSE CPU_SOURCES CONFIGURE_DEPENDS ${LIB_DIR}/compute/cpu/*.c)
file(GLOB API_SOURCES CONFIGURE_DEPENDS ${LIB_DIR}/api/*.c)
file(GLOB VECTOR_SOURCES CONFIGURE_DEPENDS ${LIB_DIR}/compute/cpu/vector_*.c)

set(DOUBLE_SOURCES ${LIB_SOURCES})
if(CPU_SOURCES)
    list(REMOVE_ITEM DOUBLE_SOURCES ${CPU_SOURCES} ${API_SOURCES})
endif()
if(VECTOR_SOURCES)
    list(REMOVE_ITEM LIB_SOURCES ${VECTOR_SOURCES})
endif()

# What library sources see and link.
add_library(gommir_build INTERFACE)
target_include_directories(gommir_build INTERFACE ${LIB_DIR} ${PUBLIC_INCLUDE})
target_link_libraries(gommir_build INTERFACE
    OpenMP::OpenMP_C OneDNN::OneDNN PkgConfig::JANSSON PkgConfig::LIBRARIES ${CSV_LIBRARY} m)

# Text files that the library carries: lib/**/data/NAME.EXT and the migrations lib/**/schema/*.sql
# become strings in generated C; base/embedded.h finds them by their path below lib/.
include(Embed)
embed_texts(EMBEDDED_SOURCE ${LIB_DIR})
list(APPEND LIB_SOURCES ${EMBEDDED_SOURCE})

add_library(gommir_objects OBJECT ${LIB_SOURCES})
target_link_libraries(gommir_objects PRIVATE gommir_build)
set(LIB_OBJECTS $<TARGET_OBJECTS:gommir_objects>)

# compute/cpu/vector_*.c are compiled once per instruction set; VECTOR_SUFFIX keeps the names of
# the copies apart, and the processor picks one at run time. They may fuse a*b+c and reorder what
# IEEE traps and signed zeros would forbid; NaN and infinity keep their meaning.
function(add_vector_objects suffix)
    add_library(gommir_vector_${suffix} OBJECT ${VECTOR_SOURCES})
    target_link_libraries(gommir_vector_${suffix} PRIVATE gommir_build)
    target_compile_definitions(gommir_vector_${suffix} PRIVATE VECTOR_SUFFIX=_${suffix})
    target_compile_options(gommir_vector_${suffix} PRIVATE
        -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -fno-signed-zeros ${ARGN}
        # A loop that clang cannot vectorise is slow, not wrong.
        $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>)
    set(LIB_OBJECTS ${LIB_OBJECTS} $<TARGET_OBJECTS:gommir_vector_${suffix}> PARENT_SCOPE)
endfunction()

if(VECTOR_SOURCES)
    add_vector_objects(base)
    include(CheckCSourceCompiles)
    check_c_source_compiles("
        #ifndef __x86_64__
        #error another processor
        #endif
        int main(void) { return 0; }" GMR_X86_64)
    if(GMR_X86_64)
        add_vector_objects(v3 -march=x86-64-v3)
        add_vector_objects(v4 -march=x86-64-v4 -mprefer-vector-width=512)
    endif()
endif()

add_library(gommir_shared SHARED ${LIB_OBJECTS})
set_target_properties(gommir_shared PROPERTIES
    OUTPUT_NAME gommir
    LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR})
target_include_directories(gommir_shared PUBLIC
    "$<BUILD_INTERFACE:${PUBLIC_INCLUDE}>")
target_link_libraries(gommir_shared PRIVATE gommir_build)

add_library(gommir_internal STATIC ${LIB_OBJECTS})
set_target_properties(gommir_internal PROPERTIES
    OUTPUT_NAME gommir-internal
    LINKER_LANGUAGE C)
target_link_libraries(gommir_internal PUBLIC gommir_build)

# One relocatable object of everything, internal names made local, as an archive: a program that
# links it statically sees the names of the shared library and can use any others for itself.
set(STATIC_LIBRARY ${PROJECT_BINARY_DIR}/libgommir.a)
add_custom_command(
    OUTPUT ${STATIC_LIBRARY}
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o gommir.o ${LIB_OBJECTS}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden gommir.o
    COMMAND ${CMAKE_COMMAND} -E rm -f ${STATIC_LIBRARY}
    COMMAND ${CMAKE_AR} rcs ${STATIC_LIBRARY} gommir.o
    DEPENDS gommir_objects ${LIB_OBJECTS}
    COMMENT "Linking libgommir.a"
    COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(gommir_static ALL DEPENDS ${STATIC_LIBRARY})

if(BUILD_TESTING)
    add_library(gommir_double STATIC ${DOUBLE_SOURCES})
    target_compile_definitions(gommir_double PUBLIC GMR_REAL_DOUBLE)
    target_link_libraries(gommir_double PUBLIC gommir_build)
endif()
