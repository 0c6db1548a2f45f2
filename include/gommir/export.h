/* Marks what the shared library exports; everything else has hidden visibility. */
#ifndef GOMMIR_EXPORT_H
#define GOMMIR_EXPORT_H

#if defined(__GNUC__)
#define GMR_API                 __attribute__((visibility("default")))
#define GMR_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define GMR_API
#define GMR_PRINTF(text, first)
#endif

#endif
