/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every command of the family knell as data: which attributes it takes, a good value for each,
 * and what must be refused; and a builder that spoils one thing at a time.
 */
#ifndef KNELL_REQUESTS_H
#define KNELL_REQUESTS_H

#include "nlraw.h"

enum kind { U8 = 1, U16 = 2, U32 = 4, U64 = 8, TEXT, OCTETS };

#define BAD_MAX		6

/**
 * struct field - an attribute inside a nest
 * @type: its number
 * @kind: integers are worth their size
 * @needed: the request is refused without it
 * @number: a good value
 * @data: good octets; texts end with their NUL
 * @len: octets in @data
 * @max: longest text with its NUL
 * @n_bad: entries in @bad
 * @bad: integers: values out of range; octets: lengths that are refused
 */
struct field {
	uint16_t type;
	enum kind kind;
	bool needed;
	uint64_t number;
	const void *data;
	uint16_t len;
	uint16_t max;
	uint8_t n_bad;
	uint64_t bad[BAD_MAX];
};

/**
 * struct part - a nest
 * @type: its number
 * @needed: the request is refused without it
 * @unknown: first number that means nothing in it
 * @misplaced: an attribute that belongs into an answer only, 0 = none
 */
struct part {
	uint16_t type;
	bool needed;
	uint16_t unknown;
	uint16_t misplaced;
	unsigned int n_fields;
	const struct field *fields;
};

/**
 * struct request - a command
 * @cmd: its number
 * @name: for people
 * @dump: it is a dump
 * @error: errno that a flawless request gets in the cluster of the test
 * @harmless: may be sent flawless without changing anything
 */
struct request {
	uint8_t cmd;
	const char *name;
	bool dump;
	int error;
	bool harmless;
	unsigned int n_parts;
	const struct part *parts;
};

extern const struct request requests[];
extern const unsigned int n_requests;
const struct request *request_of(uint8_t cmd);

/* What is spoiled. */
enum spoil {
	NOTHING,
	OMIT,		/* the field, or the part if @field is below 0 */
	LENGTH,		/* the payload has @value octets */
	VALUE,		/* the integer is @value */
	TYPE_BITS,	/* @value is xored into the type */
	UNTERMINATED,	/* the text has no NUL */
	OVERLONG,	/* the text is one octet too long */
	EXTRA,		/* an attribute of type @value is appended (to the part, or to the message) */
	TWICE,		/* the field or part comes twice */
	TRAILING,	/* @value octets that are no attribute at the end (of the part, or the message) */
	BROKEN,		/* an attribute header with length @value at the end */
	FLAGS,		/* @value in the netlink header's flags */
	RESERVED,	/* the generic header's reserved field is not 0 */
};

/**
 * struct mutation - one thing to spoil
 * @part: index, below 0: the message
 * @field: index, below 0: the part
 */
struct mutation {
	enum spoil spoil;
	int part;
	int field;
	uint64_t value;
};

void request_build(struct nlmsg *msg, uint16_t family, const struct request *request,
		   const struct mutation *mutation);

#endif /* KNELL_REQUESTS_H */
