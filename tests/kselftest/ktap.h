/* SPDX-License-Identifier: GPL-2.0 */
/* KTAP output of a test program: one line per test, details behind "# ". */
#ifndef KNELL_KTAP_H
#define KNELL_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int ktap_tests, ktap_failures;

static inline void ktap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
}

static inline __attribute__((format(printf, 1, 2))) void ktap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

static inline __attribute__((format(printf, 2, 3))) void ktap_test(bool good, const char *format, ...)
{
	va_list args;

	ktap_failures += !good;
	va_start(args, format);
	printf("%sok %u ", good ? "" : "not ", ++ktap_tests);
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

/* Exit status of the program. */
static inline int ktap_end(void)
{
	printf("1..%u\n", ktap_tests);
	return ktap_failures || !ktap_tests;
}

#endif /* KNELL_KTAP_H */
