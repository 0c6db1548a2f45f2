/* What the library said went wrong. */
#ifndef SUPPORT_MESSAGE_H
#define SUPPORT_MESSAGE_H

/* Fails unless the thread's last error message contains `part`. */
#define assert_message(part) assert_message_at((part), __FILE__, __LINE__)
void assert_message_at(const char *part, const char *file, int line);

#endif
