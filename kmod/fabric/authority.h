/* SPDX-License-Identifier: GPL-2.0 */
/* Who may say what (ADR 0001). Pure: records and facts in, an answer out. */
#ifndef KNELL_FABRIC_AUTHORITY_H
#define KNELL_FABRIC_AUTHORITY_H

#include "membership/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How far a server's version of an application may be ahead of ours, and its end. */
#define KNELL_APP_VERSION_STEP	0x10000u
#define KNELL_APP_VERSION_LIMIT	0x7fffffffu

/**
 * enum knell_say - what to do with a record somebody sent
 * @KNELL_SAY_NEWER: take it
 * @KNELL_SAY_STALE: not newer than what is known, nothing to do
 * @KNELL_SAY_FORGED: the speaker may not say this: drop and count
 * @KNELL_SAY_OVERRULE: an owner that was cut off went on counting versions:
 *	what is known stays, and a router must raise its version above
 */
enum knell_say {
	KNELL_SAY_NEWER,
	KNELL_SAY_STALE,
	KNELL_SAY_FORGED,
	KNELL_SAY_OVERRULE,
};

/**
 * struct knell_speaker - who is at the other end of the link
 * @node: by the I_T nexus (target link) or by HELLO on the session to our
 *	portal (initiator link)
 * @router: configured as router or array; it speaks for others too
 * @candidate: of the application that is spoken of
 * @epoch: the one in which it takes part, 0 = in none, as far as is known
 */
struct knell_speaker {
	u16 node;
	bool router;
	bool candidate;
	u32 epoch;
};

/**
 * struct knell_judge - who judges what a speaker says
 * @self: this node; what it wrote itself it need not be told by others
 * @restoring: this router started not long ago: owners tell it what it missed
 * @others: it is not the only router: others may have granted what it missed
 */
struct knell_judge {
	u16 self;
	bool restoring;
	bool others;
};

/**
 * knell_may_say_node() - judge a node record
 * @by: speaker
 * @rec: what came
 * @author_router: the author of @rec is configured as router or array
 * @cur: what is known of that node
 */
enum knell_say knell_may_say_node(const struct knell_speaker *by, const struct knell_node_rec *rec,
				  bool author_router, const struct knell_node_rec *cur);

/**
 * knell_may_say_app() - judge an application record
 * @by: speaker
 * @rec: what came
 * @author_router: the author of @rec is configured as router or array
 * @cur: what is known of that application
 * @cur_author_router: the same for the author of @cur
 * @judge: this node
 *
 * Where there are other routers, a server that is alive and says that it holds
 * an application is believed: who granted it may be cut off from this router,
 * or dead by now. An epoch that is over is not.
 */
enum knell_say knell_may_say_app(const struct knell_speaker *by, const struct knell_app_rec *rec,
				 bool author_router, const struct knell_app_rec *cur,
				 bool cur_author_router, const struct knell_judge *judge);

/**
 * knell_may_carry() - may a server pass a frame on that it did not make?
 * @kind: &enum knell_frame_kind
 * @origin_router: it was made by a router
 * @dest_router: it is for one
 *
 * Routers that have no link between them ask through servers who is still
 * there; nothing else goes through a server.
 */
bool knell_may_carry(u8 kind, bool origin_router, bool dest_router);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_FABRIC_AUTHORITY_H */
