# llama.cpp's helpers for its own programs take as long to compile as the library, and Python uses none of them.
set(LLAMA_BUILD_COMMON OFF)
