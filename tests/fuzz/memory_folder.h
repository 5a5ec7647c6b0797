#pragma once

/*
 * tests/fuzz/memory_folder.h - a new folder for what a driver must give as files.
 *
 * In memory where the machine has /dev/shm: a file system on a disk waits for its journal, and
 * took nine tenths of the time. Else in /tmp. Aborts if there can be none. Whoever asks removes
 * it, empty, by its path.
 */
#define MEMORY_FOLDER_MAX 32

void memory_folder(char path[static MEMORY_FOLDER_MAX]);
