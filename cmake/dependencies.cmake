# Each library has one door: the room that may include its headers.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(Threads REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(SOLV REQUIRED IMPORTED_TARGET libsolv)
pkg_check_modules(ELF REQUIRED IMPORTED_TARGET libelf)
# Loaded when they are needed (io/library.h): only their headers are used here.
pkg_check_modules(CURL REQUIRED libcurl)
pkg_check_modules(RNP REQUIRED librnp)
pkg_check_modules(ARCHIVE REQUIRED libarchive)

# Compressors write bytes of layers: they are linked statically, so that a
# binary keeps writing the same bytes whatever the host upgrades.
function(ingot_static_library target file)
    find_library(${target}_PATH NAMES ${file} REQUIRED)
    add_library(${target} STATIC IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${${target}_PATH})
endfunction()
ingot_static_library(static_zstd libzstd.a)
ingot_static_library(static_zlib libz.a)
ingot_static_library(static_lzma liblzma.a)
