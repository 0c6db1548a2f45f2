/* Files that come with the program. */
#ifndef CLI_DATA_FILE_H
#define CLI_DATA_FILE_H

/* The encoder that `encode` takes where none is named. */
#define DATA_FILE_ENCODER "fashion.safetensors"

/* The path of such a file: PREFIX/share/gommir/NAME for the program PREFIX/bin/gommir, wherever it
 * was moved to, or models/NAME for one that was not installed. NULL when there is none. Valid until
 * the next call. */
const char *data_file(const char *name);

#endif
